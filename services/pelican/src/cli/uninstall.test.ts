import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aviarySchema, capture, poolTo, specOf, write } from '../../testing/captured.ts';
import { readProgress } from '../progress.ts';
import { run } from './run.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase(aviarySchema);
});
afterEach(() => database.drop());

async function uninstall(...names: string[]): Promise<unknown> {
  let stdout = '';
  const code = await run(['uninstall', ...names, '--json'], {
    environment: { DATABASE_URL: database.url },
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => process.stderr.write(text) },
    signal: new AbortController().signal,
  });
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

test('takes off what install put there, and is harmless again', async () => {
  const pool = poolTo(database.url, 2);
  try {
    await write(pool, 'create table thing (id integer primary key, name text)');
    const { name } = specOf({ table: 'thing' });
    await capture(pool, { table: 'thing' });
    await write(pool, "insert into thing values (1, 'one')");
    expect(await readProgress(pool, [name])).toMatchObject({
      outbox: { waiting: 1 },
      backfills: [{ index: name, phase: 'waiting' }],
    });
    expect(await uninstall(name, 'other')).toEqual({ removed: [name] });
    await write(pool, "insert into thing values (2, 'two')");
    const left = await pool.query(
      'select (select count(*) from aviary.outbox) + (select count(*) from aviary.source) as count',
    );
    expect(left.rows).toEqual([{ count: '0' }]);
    expect(await readProgress(pool, [name])).toEqual({});
    expect(await uninstall(name)).toEqual({ removed: [] });
  } finally {
    await pool.end();
  }
});
