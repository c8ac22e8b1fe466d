import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import './servers.ts';

/** A database of a test's own. */
export interface TestDatabase extends AsyncDisposable {
  url: string;
  /** Runs one statement on a connection of its own. */
  sql: <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<R[]>;
  /** Ends every connection to the database, as a failure would: when it resolves, their clients have been told. */
  disconnectAll: () => Promise<void>;
  /** Drops the database. @throws Error when the test left connections open. */
  drop: () => Promise<void>;
}

/** How a template is made, once a run: its name and what fills it. */
export interface DatabaseTemplate {
  name: string;
  prepare: (url: string) => Promise<void>;
}

/** Makes a database, empty or copied from a template: some 20 ms. */
export async function testDatabase(template?: DatabaseTemplate): Promise<TestDatabase> {
  const server = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const templateName = template === undefined ? 'template1' : await prepared(server, template);
  await onServer(server, (client) =>
    // Two copies of one template at a time refuse each other.
    withLock(client, () => client.query(`create database ${name} template ${templateName}`)),
  );
  const url = databaseUrl(server, name);
  const sql: TestDatabase['sql'] = async (text, values) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as never;
    } finally {
      await client.end();
    }
  };
  const drop = () =>
    onServer(server, async (client) => {
      const left = await connectionsLeft(client, name);
      await client.query(`drop database if exists ${name} with (force)`);
      const [first] = left;
      if (first === undefined) return;
      throw new Error(
        `The test left ${left.length} connection(s) open: ${first.application_name} ` +
          `${first.state}, last statement: ${first.query}`,
      );
    });
  const disconnectAll = () =>
    onServer(server, async (client) => {
      await client.query(
        "select pg_terminate_backend(pid, $2) from pg_stat_activity where datname = $1 and backend_type = 'client backend'",
        [name, terminatingMs],
      );
    });
  return { url, sql, drop, disconnectAll, [Symbol.asyncDispose]: drop };
}

/** Longest wait for closed connections to be gone from the server, in milliseconds: only a test that left some waits so. */
const closingMs = 5_000;

/** Longest wait for the end of a connection that is cut, in milliseconds. */
const terminatingMs = 10_000;

/** Clients of a database that do not go: a backend ends after its client has closed, and after the statement it is at. */
async function connectionsLeft(client: pg.Client, database: string) {
  const end = performance.now() + closingMs;
  for (;;) {
    const { rows } = await client.query<{ application_name: string; state: string; query: string }>(
      `select application_name, state, query from pg_stat_activity
       where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0 || performance.now() > end) return rows;
    await delay(10);
  }
}

async function prepared(server: string, { name, prepare }: DatabaseTemplate): Promise<string> {
  const database = `template_${name}`;
  await onServer(server, (client) =>
    withLock(client, async () => {
      const { rowCount } = await client.query('select from pg_database where datname = $1', [
        database,
      ]);
      if (rowCount !== 0) return;
      await client.query(`create database ${database}_draft`);
      await prepare(databaseUrl(server, `${database}_draft`));
      await client.query(`alter database ${database}_draft rename to ${database}`);
    }),
  );
  return database;
}

const templateLock = 7_161_900;

async function withLock(client: pg.Client, work: () => Promise<unknown>): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [templateLock]);
  try {
    await work();
  } finally {
    await client.query('select pg_advisory_unlock($1)', [templateLock]);
  }
}

async function onServer<T>(server: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
