import { quoteIdentifier, type PoolClient } from '@aviary/postgres';
import { namedColumns, type SourceTable } from '@aviary/source-table';

/** Roles of installing that own nothing: what a spec names is for them to read, and no more of its table. */
const readers = ['aviary_pelican', 'aviary_frontend'] as const;

/** What a role is not allowed and needs, to read a table as its spec names it. */
export interface Lack {
  role: string;
  /** It may not use the table's schema. */
  schema: boolean;
  /** The asking user may let it. */
  schemaIsGrantable: boolean;
  /** Columns it may not read. */
  columns: string[];
}

/**
 * Reads the catalogs alone.
 *
 * @param role the asking user when absent
 * @returns undefined when it lacks nothing, or when there is no such role.
 */
export async function lackOf(
  client: Pick<PoolClient, 'query'>,
  table: SourceTable,
  role?: (typeof readers)[number],
): Promise<Lack | undefined> {
  const { schema, table: name } = table.index.source;
  const { rows } = await client.query<Lack>(
    `select r.rolname::text as role,
            not has_schema_privilege(r.oid, n.oid, 'usage') as schema,
            has_schema_privilege(n.oid, 'usage with grant option') as "schemaIsGrantable",
            array(select a.attname::text from pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and a.attname = any ($4::text[])
                    and not has_column_privilege(r.oid, c.oid, a.attnum, 'select')
                  order by a.attnum) as columns
     from pg_roles r, pg_class c join pg_namespace n on n.oid = c.relnamespace
     where r.rolname = coalesce($1, current_user) and n.nspname = $2::text and c.relname = $3::text`,
    [role, schema, name, namedColumns(table)],
  );
  return rows.find((lack) => lack.schema || lack.columns.length > 0);
}

/** Lets pelican's and the page's role read what the spec names, where there are such roles. @returns whether that was new. */
export async function grantReading(client: PoolClient, table: SourceTable): Promise<boolean> {
  let isNew = false;
  for (const role of readers) {
    const lack = await lackOf(client, table, role);
    const statements = lack === undefined ? [] : remedies(table, lack).filter(({ isOwn }) => isOwn);
    for (const { sql } of statements) await client.query(sql);
    isNew ||= statements.length > 0;
  }
  return isNew;
}

/** The statements that end a lack; `isOwn` are those a table's owner may run. */
export function remedies(
  table: SourceTable,
  { role, schema, schemaIsGrantable, columns }: Lack,
): { sql: string; isOwn: boolean }[] {
  const grantee = quoteIdentifier(role);
  const onSchema = `grant usage on schema ${quoteIdentifier(table.index.source.schema)} to ${grantee}`;
  const onTable = `grant select (${columns.map(quoteIdentifier).join(', ')}) on ${table.relation} to ${grantee}`;
  return [
    ...(schema ? [{ sql: onSchema, isOwn: schemaIsGrantable }] : []),
    ...(columns.length > 0 ? [{ sql: onTable, isOwn: true }] : []),
  ];
}
