import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@aviary/testing';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { startPostgres, startReplica } from './index.ts';

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('a replica follows its primary, takes no writes, and follows on after it was away', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'aviary-replica-'));
  await chmod(directory, 0o755);
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const primary = await startPostgres({
    dataDir: join(directory, 'primary'),
    durable: false,
    settings: { max_connections: '37' },
  });
  onTestFinished(() => primary.close());
  await query(primary.url, `create table bird (name text); insert into bird values ('emu')`);
  const replica = await startReplica({ primary, dataDir: join(directory, 'replica') });
  onTestFinished(() => replica.close());

  const birds = async () =>
    (await query<{ name: string }>(replica.url, 'select name from bird order by name')).map(
      ({ name }) => name,
    );
  await waitUntil(async () => (await birds()).length === 1, { what: 'the replica has the row' });
  await expect(query(replica.url, `insert into bird values ('x')`)).rejects.toThrow(/read-only/);

  await replica.crash();
  await query(primary.url, `insert into bird values ('pelican')`);
  await waitUntil(async () => (await birds()).length === 2, { what: 'the replica follows on' });
  expect(await birds()).toEqual(['emu', 'pelican']);
});
