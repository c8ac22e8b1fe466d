import { join } from 'node:path';
import { migrate, query, transaction, unapplied, type Pool } from '@aviary/postgres';
import type { SourceTable } from '@aviary/source-table';
import { installCapture, lookUpCapture, type CapturedTable, type InstallEvent } from './capture.ts';
import { lackOf, remedies } from './read-access.ts';

const grantLock = 7_161_004;
const migrations = join(import.meta.dirname, '../../migrations');

/** What of Aviary stands in a database, as far as a user needs it to run pelican. */
export interface Installation {
  /** In the order of the specs; whole when nothing is missing. */
  captured: CapturedTable[];
  /** For people, with the remedy where installing is none. */
  missing: string[];
}

/** Looks what is installed, by reading alone: the rights of aviary_pelican suffice, and less is told as missing. */
export async function lookUpInstallation(
  pool: Pool,
  tables: readonly SourceTable[],
): Promise<Installation> {
  const schema = await lookUpSchema(pool);
  if (!schema.exists) return { captured: [], missing: ['there is no schema aviary'] };
  if (!schema.isOpen) {
    const lack = `user ${schema.user} may not use schema aviary: grant aviary_pelican to that user`;
    return { captured: [], missing: [lack] };
  }
  const pending = await unapplied(pool, migrations);
  if (pending.length > 0) {
    return { captured: [], missing: pending.map((name) => `migration ${name} is not applied`) };
  }
  const captured: CapturedTable[] = [];
  const missing: string[] = [];
  for (const table of tables) {
    const name = `SemanticIndex "${table.index.name}"`;
    const [state, lack] = await transaction(pool, 'looking capture up', async (client) => [
      await lookUpCapture(client, table),
      await lackOf(client, table),
    ]);
    if (state === undefined) missing.push(`${name}: ${table.relation} is not captured`);
    else {
      captured.push({ ...table, sourceId: state.sourceId });
      if (!state.intact) missing.push(`${name}: triggers are missing on ${table.relation}`);
      else if (!state.capture.isCurrent || !state.content.isCurrent)
        missing.push(`${name}: it was installed from another spec, or by another release`);
    }
    if (lack !== undefined) {
      const statements = remedies(table, lack).map(({ sql }) => sql);
      missing.push(
        `${name}: user ${lack.role} may not read what it names: grant aviary_pelican to that user, or: ${statements.join('; ')}`,
      );
    }
  }
  return { captured, missing };
}

/** Whether this user owns all it takes to install: schema aviary, or the right to create it, and the tables. */
export async function mayInstall(pool: Pool, tables: readonly SourceTable[]): Promise<boolean> {
  const { isOwn } = await lookUpSchema(pool);
  const foreign = await query(
    pool,
    'looking owners up',
    `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join unnest($1::text[], $2::text[]) as named(schema, name)
       on n.nspname = named.schema and c.relname = named.name
     where not pg_has_role(c.relowner, 'usage')`,
    [tables.map(({ index }) => index.source.schema), tables.map(({ index }) => index.source.table)],
  );
  return isOwn && foreign.length === 0;
}

/** Runs a call, again and again while it fails with a RetryableError. */
export type Persist = <T>(call: () => Promise<T>) => Promise<T>;

/** What installing did. */
export interface Installed {
  captured: CapturedTable[];
  /** Those applied now. */
  migrations: string[];
  /** What was done for each SemanticIndex, by name; nothing where all was so already. */
  sources: { index: string; table: string; did: InstallEvent[] }[];
  /** What this user may not do, with the remedy. Nothing else waits for it. */
  undone: string[];
}

/**
 * Brings schema aviary, its rights and the tables' capture to what this release and these specs ask for. Several
 * may do so at once, and again: nothing is done where all is so already.
 *
 * @param persist gives each step another try, as while a table's writers keep it waiting
 * @throws PermanentError when this user lacks the right.
 */
export async function install(
  pool: Pool,
  tables: readonly SourceTable[],
  persist: Persist,
): Promise<Installed> {
  const applied = await persist(() => migrate(pool, migrations));
  const undone = await persist(() => grantRights(pool));
  const captured: CapturedTable[] = [];
  const sources: Installed['sources'] = [];
  for (const table of tables) {
    const did: InstallEvent[] = [];
    const tableNow = await persist(() => {
      did.length = 0;
      return installCapture(pool, table, (event) => did.push(event));
    });
    captured.push(tableNow);
    sources.push({ index: table.index.name, table: table.relation, did });
  }
  return { captured, migrations: applied, sources, undone };
}

/** Makes the roles and gives them their rights in schema aviary. @returns what this user may not do. */
function grantRights(pool: Pool): Promise<string[]> {
  return transaction(pool, 'granting rights', async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [grantLock]);
    const { rows } = await client.query<{ reason: string }>(
      'select reason from aviary.grant_rights() as reason',
    );
    return rows.map(({ reason }) => reason);
  });
}

interface SchemaState {
  user: string;
  exists: boolean;
  /** The user may use it. */
  isOpen: boolean;
  /** The user owns it, or may create it. */
  isOwn: boolean;
}

async function lookUpSchema(pool: Pool): Promise<SchemaState> {
  const [state] = await query<SchemaState>(
    pool,
    'looking schema aviary up',
    `select current_user::text as user, n.oid is not null as exists,
            coalesce(has_schema_privilege(n.oid, 'usage'), false) as "isOpen",
            coalesce(pg_has_role(n.nspowner, 'usage'),
                     has_database_privilege(current_database(), 'create')) as "isOwn"
     from (select) one left join pg_namespace n on n.nspname = 'aviary'`,
  );
  if (state === undefined) throw new Error('A query of one row gave none.');
  return state;
}
