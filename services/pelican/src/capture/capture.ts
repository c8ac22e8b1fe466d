import { hash } from 'node:crypto';
import { quoteIdentifier, transaction, type Pool, type PoolClient } from '@aviary/postgres';
import type { SourceTable } from '@aviary/source-table';
import { grantReading } from './read-access.ts';
import { keyText, metadataDiffers, textDiffers } from '../tables/row-sql.ts';

/** A table whose changes are being captured. */
export interface CapturedTable extends SourceTable {
  readonly sourceId: number;
}

/** What installing did to a table, each a log's event. */
export type InstallEvent = 'capture_installed' | 'backfill_requested' | 'rights_granted';

const installLock = 7_161_003;

/**
 * Makes a table's triggers what its spec asks for, requests a backfill when what the records are made of is new, or
 * when triggers were missing and so changes with them, and lets the roles aviary_pelican and aviary_frontend read the
 * columns that the spec names. Nothing happens where all is so already.
 *
 * Creating a trigger needs a lock that waits for writers and makes others wait behind it: it is tried for
 * 300 ms only, and the RetryableError that follows is the caller's to repeat.
 *
 * @param tell is called with what was done, before it is committed
 */
export async function installCapture(
  pool: Pool,
  table: SourceTable,
  tell: (event: InstallEvent) => void,
): Promise<CapturedTable> {
  return transaction(pool, `installing capture on ${table.relation}`, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [installLock]);
    await client.query(
      `insert into aviary.source (name, capture_definition, content_definition) values ($1, '', '')
       on conflict do nothing`,
      [table.index.name],
    );
    const found = await lookUpCapture(client, table);
    if (found === undefined) throw new Error('aviary.source has no row of a source just made');
    const { sourceId, intact, capture, content } = found;
    if (!intact || !capture.isCurrent) {
      await client.query("set local lock_timeout = '300ms'");
      await client.query('select aviary.remove_capture($1)', [table.index.name]);
      for (const statement of captureSql(table, sourceId)) await client.query(statement);
      tell('capture_installed');
    }
    if (!intact || !content.isCurrent) {
      await client.query('select aviary.request_backfill($1)', [sourceId]);
      tell('backfill_requested');
    }
    await client.query(
      'update aviary.source set capture_definition = $2, content_definition = $3 where id = $1',
      [sourceId, capture.definition, content.definition],
    );
    if (await grantReading(client, table)) tell('rights_granted');
    return { ...table, sourceId };
  });
}

/** How a table's capture stands against what its spec asks for. */
export interface CaptureState {
  sourceId: number;
  /** All triggers and functions are there: a table made anew, or DROP … CASCADE, leaves none or some. */
  intact: boolean;
  capture: DefinitionState;
  content: DefinitionState;
}

interface DefinitionState {
  /** What the spec asks for. */
  definition: string;
  /** It is what was installed. */
  isCurrent: boolean;
}

/** Reads the catalogs and aviary.source alone. @returns undefined when the spec was never installed. */
export async function lookUpCapture(
  client: Pick<PoolClient, 'query'>,
  table: SourceTable,
): Promise<CaptureState | undefined> {
  const { schema, table: tableName } = table.index.source;
  const { rows } = await client.query<{
    id: number;
    capture: string;
    content: string;
    triggers: number;
    functions: number;
  }>(
    `select s.id, s.capture_definition as capture, s.content_definition as content,
       (select count(*)::integer from pg_trigger t
        join pg_proc p on p.oid = t.tgfoid
        join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $2::text and c.relname = $3::text and t.tgenabled = 'A'
          and p.pronamespace = a.oid and starts_with(p.proname, format('aviary_%s_', s.id))) as triggers,
       (select count(*)::integer from pg_proc p
        where p.pronamespace = a.oid and starts_with(p.proname, format('aviary_%s_', s.id))) as functions
     from aviary.source s, pg_namespace a where s.name = $1 and a.nspname = 'aviary'`,
    [table.index.name, schema, tableName],
  );
  const [source] = rows;
  if (source === undefined) return undefined;
  const definition = hash('sha256', captureSql(table, source.id).join('\n'));
  const content = contentDefinition(table);
  return {
    sourceId: source.id,
    intact: source.triggers === triggerNames.length && source.functions === functionNames.length,
    capture: { definition, isCurrent: source.capture === definition },
    content: { definition: content, isCurrent: source.content === content },
  };
}

function contentDefinition(table: SourceTable): string {
  const { relation, key, template, metadata, index } = table;
  return hash(
    'sha256',
    JSON.stringify([relation, key, template, metadata, index.embedding, index.target]),
  );
}

const triggerNames = ['insert', 'delete', 'truncate', 'update'];
const functionNames = [
  'key',
  'key_differs',
  'text_differs',
  'metadata_differs',
  'all_keys',
  ...triggerNames,
];

/** Most keys in one outbox row, on average: small enough to be claimed in bites. */
const keysPerRow = 250;

/**
 * The functions and triggers of one table. Bulk INSERT and DELETE write arrays of keys, a statement at a time.
 * UPDATE writes a row at a time, and only where a column that matters differs; TRUNCATE writes the keys of all
 * rows just before they go.
 *
 * What names the table or a column stands in SQL-standard functions, not in the triggers' text. Postgres tracks
 * those by object: a renamed one is followed, and dropping one is refused unless by CASCADE, so a change of the table
 * does not make a user's write fail. They are inlined into the triggers and cost nothing there.
 *
 * Comparing in the trigger's body rather than in its WHEN: a WHEN is parsed and compiled anew by each
 * statement, 11 microseconds for a spec of six columns, beside 5 for a trigger's call and 6 for the insert.
 *
 * A row is passed as `r.*`: a mere `r` would be the column of that name, where a table has one.
 *
 * The triggers run with their owner's rights, since a writer has none in schema aviary.
 */
export function captureSql(table: SourceTable, sourceId: number): string[] {
  const { relation } = table;
  const name = (what: string) => quoteIdentifier(`aviary_${sourceId}_${what}`);
  const call = (what: string) => `aviary.${name(what)}`;
  const or = (conditions: string[]) =>
    conditions.length === 0 ? 'false' : conditions.join(' or ');
  const restOfMetadata = table.metadata.filter(
    (column) => !table.template.columns.includes(column.name),
  );

  const rowFunction = (what: string, parameters: string, result: string, expression: string) =>
    `create or replace function ${call(what)}(${parameters}) returns ${result}
     language sql stable return ${expression}`;
  const triggerFunction = (what: string, body: string) =>
    `create or replace function ${call(what)}() returns trigger
     language plpgsql security definer set search_path = pg_catalog, pg_temp as $capture$${body}$capture$`;

  const statementBody = (rows: string, key: string, textIsNew: string) => `
declare
  written constant bigint := (select count(*) from ${rows});
  groups integer;
begin
  -- Planning and running the aggregate takes 18 of 45 microseconds where a statement writes one row.
  if written < 8 then
    insert into aviary.outbox (partition, source_id, keys, text_is_new)
      select (hashtext(key) & 63)::smallint, ${sourceId}, array[key], ${textIsNew}
      from (select ${key} as key from ${rows} r) k
      where key is not null;
  else
    -- A power of two of key groups a partition, so that none holds many more than ${keysPerRow} keys.
    groups := 1 << ceil(log(2, written / ${64 * keysPerRow} + 1))::integer;
    insert into aviary.outbox (partition, source_id, keys, text_is_new)
      select (key_hash & 63)::smallint, ${sourceId}, array_agg(key), ${textIsNew}
      from (select key, hashtext(key) as key_hash from (select ${key} as key from ${rows} r) k) h
      where key is not null
      group by key_hash & 63, (key_hash >> 6) & (groups - 1);
  end if;
  return null;
end`;

  const capture = (row: string, textIsNew: string) =>
    `insert into aviary.outbox (partition, source_id, keys, text_is_new)
       select (hashtext(key) & 63)::smallint, ${sourceId}, array[key], ${textIsNew}
       from (select ${call('key')}(${row}) as key) k where key is not null;`;
  const updateBody = `
begin
  if ${call('key_differs')}(old, new) then
    ${capture('old', 'null')}
    ${capture('new', 'true')}
  elsif ${call('text_differs')}(old, new) then
    ${capture('new', 'true')}
  elsif ${call('metadata_differs')}(old, new) then
    ${capture('new', 'false')}
  end if;
  return null;
end`;

  const twoRows = `old ${relation}, new ${relation}`;
  return [
    rowFunction('key', `r ${relation}`, 'text', keyText('(r)', table.key)),
    rowFunction('key_differs', twoRows, 'boolean', or(table.key.map(textDiffers))),
    rowFunction('text_differs', twoRows, 'boolean', or(table.text.map(textDiffers))),
    rowFunction('metadata_differs', twoRows, 'boolean', or(restOfMetadata.map(metadataDiffers))),
    `create or replace function ${call('all_keys')}() returns setof text
     language sql stable begin atomic select ${call('key')}(r.*) from ${relation} r; end`,
    triggerFunction('insert', statementBody('inserted', `${call('key')}(r.*)`, 'true')),
    triggerFunction('delete', statementBody('deleted', `${call('key')}(r.*)`, 'null::boolean')),
    triggerFunction('truncate', statementBody(`${call('all_keys')}()`, 'r', 'null::boolean')),
    triggerFunction('update', updateBody),
    `create trigger ${name('insert')} after insert on ${relation}
     referencing new table as inserted for each statement execute function ${call('insert')}()`,
    `create trigger ${name('delete')} after delete on ${relation}
     referencing old table as deleted for each statement execute function ${call('delete')}()`,
    `create trigger ${name('truncate')} before truncate on ${relation}
     for each statement execute function ${call('truncate')}()`,
    `create trigger ${name('update')} after update on ${relation}
     for each row execute function ${call('update')}()`,
    // Postgres lets everyone call a new function.
    ...functionNames.map((what) => `revoke execute on function ${call(what)} from public`),
    // Also for sessions that restore or replicate with session_replication_role = replica.
    ...triggerNames.map((what) => `alter table ${relation} enable always trigger ${name(what)}`),
  ];
}
