import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from '@aviary/postgres';
import { testDatabase, waitUntil, type TestDatabase } from '@aviary/testing';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { collect, progressOf, startBackfill } from '../../testing/backfilling.ts';
import { aviarySchema, capture, poolTo, specOf, write } from '../../testing/captured.ts';
import { backfillCommand } from './backfill.ts';
import { CliContext } from './context.ts';

const directory = mkdtempSync(join(tmpdir(), 'aviary-backfill-'));
afterAll(() => rmSync(directory, { recursive: true }));
let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url, 8);
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

function specFile(): string {
  const { name, ...spec } = specOf({ table: 'thing' });
  const file = join(directory, 'things.yaml');
  const document = {
    apiVersion: 'aviary.dev/v1alpha1',
    kind: 'SemanticIndex',
    metadata: { name },
    spec,
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

/** Begins the command as the program does, where there is no terminal. */
function begin(...words: string[]) {
  const stopping = new AbortController();
  let stdout = '';
  let stderr = '';
  const context = new CliContext({
    environment: { DATABASE_URL: database.url, SPECS: specFile() },
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal: stopping.signal,
  });
  const ended = backfillCommand(context)
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .parseAsync(words, { from: 'user' })
    .then(() => ({ exitCode: context.exitCode, stdout, stderr }));
  return { ended, interrupt: () => stopping.abort(new Error('stopped')), said: () => stderr };
}
const run = (...words: string[]) => begin(...words).ended;
const shown = (stdout: string) => (JSON.parse(stdout) as Record<string, unknown>[])[0];

async function thing(rows = 10) {
  await write(
    pool,
    `create table thing (id integer primary key, name text);
     insert into thing select g, 'x' from generate_series(1, ${rows}) g`,
  );
  const table = await capture(pool, { table: 'thing' });
  await write(pool, 'update aviary.backfill set walked_at = now(), finished_at = now()');
  return table;
}

test('a backfill is asked for and followed to its end', async () => {
  const table = await thing(20_000);
  const collecting = collect(pool, [table]);
  const following = begin('things');
  await waitUntil(() => following.said().includes('waiting'), { what: 'it is followed' });
  await using pelican = startBackfill(pool, [table]);
  const { exitCode, stdout, stderr } = await following.ended;
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^things: waiting for a pelican$/m);
  expect(stderr).toMatch(/^things: 20,000 of 20,000 rows, finished$/m);
  expect(stdout).toMatch(/^NAME +STATE +ROWS/);
  expect(stdout).toMatch(/^things +finished +20,000 +20,000/m);
  expect(await collecting.stop()).toHaveLength(20_000);
  expect(pelican.health.report()['backfill of things']?.ok).toBe(true);
});

test('one that is running is followed, takes a new rate, and outlives Ctrl-C', async () => {
  await thing();
  expect(shown((await run('--detach', '--rate', '7', '--json')).stdout)).toMatchObject({
    index: 'things',
    phase: 'waiting',
    rowsPerSecond: 7,
    finishedAt: null,
  });
  await write(pool, 'update aviary.backfill set processed = 5, total = 10');
  const following = begin('things', '--rate', '9');
  await waitUntil(() => following.said().includes('waiting'), { what: 'it is followed' });
  following.interrupt();
  const { exitCode, stderr } = await following.ended;
  expect(exitCode).toBe(3);
  expect(stderr).toContain('A backfill of things is running already, now at most 9 rows/s');
  expect(stderr).toContain('To follow it again: aviary backfill things.');
  expect(await progressOf(pool)).toMatchObject({ processed: 5 });
  const restarted = await run('--restart', '--detach', '--json');
  expect(shown(restarted.stdout)).toMatchObject({ processed: 0, rowsPerSecond: null });
  expect(restarted.stderr).toBe('');
});

test('a backfill that is cancelled ends where it is, and says so to who follows it', async () => {
  await thing();
  const following = begin();
  await waitUntil(() => following.said().includes('waiting'), { what: 'it is followed' });
  const cancel = await run('things', '--cancel');
  expect(cancel.exitCode).toBe(0);
  expect(cancel.stdout).toMatch(/things +cancelled/);
  expect((await following.ended).exitCode).toBe(3);
  const again = await run('things', '--cancel');
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toContain('No backfill of things is running.');
  expect((await run('--status')).stdout).toMatch(/things +cancelled/);
});

test('it says when no pelican does it', async () => {
  await thing();
  const following = begin('things');
  await waitUntil(() => following.said().includes('Is a pelican running, with this spec?'), {
    what: 'the stall is told',
  });
  following.interrupt();
  await following.ended;
});

test.each([
  [['birds', 'things', 'ducks'], /no SemanticIndex birds, ducks in SPECS: it is one of things/],
  [['--rate', '0.5'], /whole number from 1/],
  [['--status', '--rate', '5'], /--status and --rate do not go together/],
  [['--status', '--cancel'], /--status and --cancel do not go together/],
])('wrong usage is told: %s', async (words, message) => {
  await expect(run(...words)).rejects.toThrow(message);
});

test('a table that no pelican has captured yet is named', async () => {
  await expect(run('things')).rejects.toThrow(/No pelican has captured things in this database/);
});
