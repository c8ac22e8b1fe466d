import { quoteIdentifier } from '@aviary/postgres';
import { PermanentError } from '@aviary/runtime';
import { parseTemplate, type SemanticIndex, type TextTemplate } from '@aviary/semantic-index';

/** Runs a statement that reads. The action is for errors: "reading rows". */
export type Read = <R extends object>(
  action: string,
  text: string,
  values: readonly unknown[],
) => Promise<R[]>;

/** A column of the table. `type` is fit for a cast. */
export interface Column {
  name: string;
  type: string;
  notNull: boolean;
}

/** A spec held against the table it names: all that one needs to know to read its rows. */
export interface SourceTable {
  readonly index: SemanticIndex;
  /** Quoted and qualified. */
  readonly relation: string;
  readonly key: readonly Column[];
  /** The key columns in the order of a unique index: what the table is walked by. */
  readonly walk: readonly Column[];
  readonly template: TextTemplate;
  readonly text: readonly Column[];
  readonly metadata: readonly Column[];
}

/** The names of all columns that a spec names, each once. */
export function namedColumns({ key, text, metadata }: SourceTable): string[] {
  return [...new Set(names([...key, ...text, ...metadata]))];
}

const keyTypes = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'uuid',
  'text',
  'character varying',
  'character',
  'boolean',
  'date',
  'timestamp without time zone',
  'timestamp with time zone',
]);

/**
 * Looks the spec's table up.
 *
 * @param judge names what else is wrong with it
 * @throws PermanentError that lists all that is wrong between spec and table, and what to do.
 * @throws RetryableError when Postgres is away.
 */
export async function inspectSource(
  read: Read,
  index: SemanticIndex,
  judge: (found: FoundTable) => string[] = () => [],
): Promise<SourceTable> {
  const { schema, table } = index.source;
  const relation = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  const name = `${schema}.${table}`;
  const fail = (faults: string[]) =>
    new PermanentError(
      `SemanticIndex "${index.name}" does not fit its table:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );

  const found = await lookUpTable(read, schema, table);
  if (found === undefined) {
    throw fail([
      `there is no table ${name} in this database: create it, or correct source.schema and source.table`,
    ]);
  }
  if (found.kind !== 'ordinary') {
    throw fail([
      `${name} is ${found.kind}: name an ordinary table, whose triggers see every write`,
    ]);
  }

  const columns = new Map(
    (await columnsOf(read, found.oid)).map((column) => [column.name, column]),
  );
  const faults = judge(found);
  const find = (wanted: readonly string[], field: string) =>
    wanted.flatMap((wantedName) => {
      const column = columns.get(wantedName);
      if (column?.isVirtual === true) {
        faults.push(
          `${field} names column "${wantedName}", which is generated but not stored, so that triggers do not see it change: make it stored, or name the columns it is made of`,
        );
      }
      if (column) return [column];
      faults.push(
        `${field} names column "${wantedName}", which ${name} does not have; it has ${[...columns.keys()].join(', ')}`,
      );
      return [];
    });

  const template = parseTemplate(index.source.text);
  const text = find(template.columns, 'source.text');
  const metadata = find(index.source.metadata, 'source.metadata');
  const uniqueKeys = await uniqueKeysOf(read, found.oid);
  const primary = uniqueKeys.find((unique) => unique.primary);
  const key = find(index.source.key ?? primary?.columns ?? [], 'source.key');
  if (index.source.key === undefined && !primary) {
    faults.push(
      `${name} has no primary key, and without one a row cannot be told from another: add one (alter table … add primary key (…)), or name the columns of a unique index in source.key`,
    );
  }
  if (key.length === index.source.key?.length) {
    if (!uniqueKeys.some((unique) => sameNames(unique.columns, names(key)))) {
      faults.push(
        `source.key (${names(key).join(', ')}) has no unique index on ${name}: create one on just these columns`,
      );
    }
    for (const column of key.filter((candidate) => !candidate.notNull)) {
      faults.push(`key column "${column.name}" may be null: alter it to be not null`);
    }
  }
  for (const column of key.filter((candidate) => !keyTypes.has(candidate.type))) {
    faults.push(
      `key column "${column.name}" has type ${column.type}: a key may be of ${[...keyTypes].join(', ')}`,
    );
  }
  const walked = uniqueKeys.find((unique) => sameNames(unique.columns, names(key)));
  const walk = walked === undefined ? [] : find(walked.columns, 'source.key');
  if (faults.length > 0) throw fail(faults);
  return { index, relation, key, walk, template, text, metadata };
}

const names = (columns: readonly Column[]) => columns.map(({ name }) => name);

const sameNames = (some: readonly string[], others: readonly string[]) =>
  JSON.stringify([...some].sort()) === JSON.stringify([...others].sort());

/** What the catalog says of a table. */
export interface FoundTable {
  oid: number;
  /** `ordinary`, or what it is instead, for people. */
  kind: string;
  /** The asking user, when row security shows it some rows at most. */
  hiddenFrom: string | null;
}

/**
 * Reads the catalogs alone, which takes no right on the table. Statement triggers of a partition, or of a child, see
 * nothing of what is written by way of the parent.
 */
async function lookUpTable(
  read: Read,
  schema: string,
  table: string,
): Promise<FoundTable | undefined> {
  const rows = await read<FoundTable>(
    'looking a table up',
    `select c.oid, case
       when c.relkind = 'v' then 'a view'
       when c.relkind = 'm' then 'a materialized view'
       when c.relkind = 'f' then 'a foreign table'
       when c.relkind = 'p' then 'a partitioned table'
       when c.relispartition then 'a partition'
       when exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent))
         then 'part of an inheritance tree'
       else 'ordinary'
     end as kind, case when row_security_active(c.oid) then current_user::text end as "hiddenFrom"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     -- As text: a parameter of type name would be cut to 63 bytes, and may then be another table's.
     where n.nspname = $1::text and c.relname = $2::text and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [schema, table],
  );
  return rows[0];
}

/** Domains are seen through: a key of a domain over integer is an integer. */
async function columnsOf(read: Read, table: number): Promise<(Column & { isVirtual: boolean })[]> {
  return read(
    'reading the columns of a table',
    `with recursive base(oid, type) as (
       select oid, oid from pg_type where typtype <> 'd'
       union all
       select d.oid, base.type from pg_type d join base on d.typbasetype = base.oid where d.typtype = 'd'
     )
     select a.attname as name, format_type(base.type, null) as type, a.attnotnull as "notNull",
            a.attgenerated = 'v' as "isVirtual"
     from pg_attribute a join base on base.oid = a.atttypid
     where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
     order by a.attnum`,
    [table],
  );
}

async function uniqueKeysOf(
  read: Read,
  table: number,
): Promise<{ primary: boolean; columns: string[] }[]> {
  return read(
    'reading the unique indexes of a table',
    `select i.indisprimary as primary,
            array(select a.attname::text
                  from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality as k(attnum, position)
                  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                  order by k.position) as columns
     from pg_index i
     where i.indrelid = $1 and i.indisunique and i.indisvalid and i.indimmediate
       and i.indpred is null and i.indexprs is null`,
    [table],
  );
}
