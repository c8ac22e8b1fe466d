import type pg from 'pg';
import { indexRows, removeRows, type Row } from './index-rows.ts';

/** What a trigger says of a changed row: its id, never its content, which may be longer than pg_notify takes. */
export interface Change {
  id: string;
}

/** Reads a row as it is now and brings it into the index, or out of it where it is gone. */
export async function indexChange(database: pg.Pool, { id }: Change): Promise<void> {
  const { rows } = await database.query<Row>({
    name: 'row',
    text: 'select id, name, sku, description, price from products_with_increment where id = $1',
    values: [id],
  });
  if (rows.length > 0) await indexRows(rows);
  else await removeRows([id]);
}

/** SQL that runs `statement`, which may use `changed_id`, for each row that is inserted, updated or deleted. */
export const triggerFor = (statement: string): string => `
  create or replace function tell_of_change() returns trigger language plpgsql as $$
  declare
    changed_id bigint := case when tg_op = 'DELETE' then old.id else new.id end;
  begin
    ${statement};
    return null;
  end $$;
  create or replace trigger tell_of_change after insert or update or delete on products_with_increment
    for each row execute function tell_of_change();`;
