import {
  keywordIndex,
  quoteIdentifier,
  translate,
  type KeywordIndex,
  type Pool,
  type PoolClient,
} from '@aviary/postgres';
import { PermanentError, RetryableError } from '@aviary/runtime';
import type { SourceTable } from '@aviary/source-table';

/** What was done, each a log's event. */
export type KeywordEvent = 'keyword_index_built' | 'keyword_index_dropped';

const buildLock = 7_161_005;

/** The longest that Node's timers take, 24 days: building waits for every older transaction. */
const unboundedMs = 2_147_483_647;

/**
 * Makes a table's full-text index what its spec asks for, and drops those of its former specs. Writers of the table
 * are not kept waiting, and nothing happens where all is so already.
 *
 * @param signal ends the wait; Postgres finishes what it has begun
 * @throws RetryableError while another one does the same; PermanentError when the spec cannot be met.
 */
export async function installKeywordIndex(
  pool: Pool,
  table: SourceTable,
  tell: (event: KeywordEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { name: of, source } = table.index;
  const { language = 'simple' } = source.keywords ?? {};
  const wanted = keywordIndex({ of, ...source, columns: table.template.columns, language });
  const client = await pool.connect();
  let left = false;
  const leave = () => {
    // Its lock and its settings go with it.
    if (!left) client.release(true);
    left = true;
  };
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', leave, { once: true });
    await bring(client, wanted, source.keywords !== undefined, tell);
  } catch (error) {
    signal.throwIfAborted();
    throw toFailure(error, table);
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

async function bring(
  client: PoolClient,
  wanted: KeywordIndex,
  isWanted: boolean,
  tell: (event: KeywordEvent) => void,
): Promise<void> {
  const found = await existing(client, wanted);
  const isDone = (index: FoundIndex) => isWanted && index.valid && index.name === wanted.name;
  if (found.every(isDone) && found.length === (isWanted ? 1 : 0)) return;

  // Not waited for in Postgres: who waits there holds a snapshot, and the one who builds waits for that.
  const { rows } = await client.query<{ locked: boolean }>(
    'select pg_try_advisory_lock($1, hashtext($2)) as locked',
    [buildLock, wanted.prefix],
  );
  if (rows[0]?.locked !== true)
    throw new RetryableError(`Another one builds the keyword index of ${wanted.relation}`);
  await client.query('set statement_timeout = 0');
  const now = await existing(client, wanted);
  if (isWanted && !now.some(isDone)) {
    // What a build left that was broken off: it serves no query, and takes the name.
    const broken = now.find(({ name }) => name === wanted.name);
    if (broken) await drop(client, broken);
    await patiently(
      client,
      `create index concurrently ${quoteIdentifier(wanted.name)}
         on ${wanted.relation} using gin (${wanted.document})`,
    );
    // So that Postgres knows how frequent each word is.
    await patiently(client, `analyze ${wanted.relation}`);
    tell('keyword_index_built');
  }
  for (const former of now.filter(({ name }) => name !== wanted.name || !isWanted)) {
    await drop(client, former);
    tell('keyword_index_dropped');
  }
}

interface FoundIndex {
  name: string;
  schema: string;
  valid: boolean;
}

/** The full-text indexes that were made for a spec, as it is or was. */
async function existing(client: PoolClient, wanted: KeywordIndex): Promise<FoundIndex[]> {
  const { rows } = await client.query<FoundIndex>(
    `select c.relname::text as name, n.nspname::text as schema, i.indisvalid as valid
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where i.indrelid = $1::regclass and starts_with(c.relname::text, $2)`,
    [wanted.relation, wanted.prefix],
  );
  return rows;
}

async function drop(client: PoolClient, { name, schema }: FoundIndex): Promise<void> {
  await patiently(
    client,
    `drop index concurrently if exists ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
  );
}

/** The pool's bound of a statement is for others. */
async function patiently(client: PoolClient, text: string): Promise<void> {
  const statement = { text, query_timeout: unboundedMs };
  await client.query(statement);
}

/** SQLSTATEs of what a spec asks for and a table or a user cannot give, and the remedy. */
const remedies = new Map([
  [
    '42704',
    'correct source.keywords.language; "select cfgname from pg_ts_config" lists what there is',
  ],
  [
    '42P17',
    'the text of one of these columns depends on settings, so that no index can hold it: name text columns alone in source.text, or leave source.keywords out',
  ],
  ['42501', 'have the owner of the table run "aviary install"'],
]);

function toFailure(error: unknown, { index, relation }: SourceTable): unknown {
  const remedy = remedies.get(String((error as { code?: unknown }).code));
  if (remedy === undefined) return translate(`indexing the keywords of ${relation}`, error);
  return new PermanentError(
    `SemanticIndex "${index.name}": the keyword index of ${relation} cannot be made: ${(error as Error).message}: ${remedy}`,
    { cause: error },
  );
}
