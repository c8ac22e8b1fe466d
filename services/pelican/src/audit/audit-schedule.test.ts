import type { Pool } from '@aviary/postgres';
import { createMetrics } from '@aviary/runtime';
import { testDatabase, waitUntil, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aviarySchema, capture, poolTo, silent, write } from '../../testing/captured.ts';
import { readProgress } from '../progress.ts';
import type { AuditFindings } from './audit-findings.ts';
import { AuditSchedule } from './audit-schedule.ts';
import { AuditStatistics } from './audit-statistics.ts';
import { auditInTurn, takeAuditTurn } from './audit-turn.ts';
import type { CapturedTable } from '../capture/capture.ts';

let database: TestDatabase;
let pool: Pool;
let thing: CapturedTable;
beforeEach(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url, 8);
  await sql('create table thing (id integer primary key, name text)');
  thing = await capture(pool, { table: 'thing' });
  await sql('update aviary.backfill set walked_at = now(), finished_at = now()');
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const sql = (text: string) => write(pool, text);
const take = () => takeAuditTurn(pool, thing.sourceId, 60);
const makeDue = () => sql("update aviary.audit set known_since = now() - interval '2 hours'");
const never = new AbortController().signal;

const found = (some: Partial<AuditFindings> = {}): AuditFindings => ({
  index: 'things',
  rows: 10,
  records: 9,
  missing: 0,
  stale: 0,
  orphaned: 0,
  mended: 0,
  undecided: 0,
  foreign: 0,
  unindexable: 0,
  examples: [],
  onItsWay: undefined,
  seconds: 1.5,
  ...some,
});

const scheduleOf = (
  audit: (signal: AbortSignal) => Promise<AuditFindings>,
  metrics = createMetrics('test'),
  everyMinutes = 60,
) =>
  new AuditSchedule({
    pool,
    tables: new Map([[thing.sourceId, thing]]),
    everyMinutes,
    audit: (_, signal) => audit(signal),
    logger: silent,
    statistics: new AuditStatistics(metrics),
  });

test('the first audit is due an interval after the index was first seen, the next one after its end', async () => {
  expect(await take()).toBeUndefined();
  await makeDue();
  const turn = await take();
  if (turn === undefined) throw new Error('no turn');
  await auditInTurn(turn, () => Promise.resolve(found({ missing: 1, mended: 1 })), never);
  expect(await sql('select missing::integer, mended::integer, seconds from aviary.audit')).toEqual([
    { missing: 1, mended: 1, seconds: 1.5 },
  ]);
  expect(await take()).toBeUndefined();
  await sql("update aviary.audit set finished_at = now() - interval '61 minutes'");
  expect(await take()).toBeDefined();
});

test('of many pelicans one audits', async () => {
  expect(await take()).toBeUndefined();
  await makeDue();
  const turns = await Promise.all(Array.from({ length: 6 }, take));
  expect(turns.filter((turn) => turn !== undefined)).toHaveLength(1);
});

test('while a backfill is under way none is due', async () => {
  expect(await take()).toBeUndefined();
  await makeDue();
  await sql('update aviary.backfill set finished_at = null');
  expect(await take()).toBeUndefined();
});

test('an audit whose pelican died is begun again by another, and the dead one records nothing', async () => {
  await take();
  await makeDue();
  const dead = await take();
  if (dead === undefined) throw new Error('no turn');
  expect(await take()).toBeUndefined();
  await sql('update aviary.audit set next_start_at = now()');
  const next = await take();
  if (next === undefined) throw new Error('no turn');
  await auditInTurn(dead, () => Promise.resolve(found({ missing: 7 })), never);
  expect(await sql('select missing from aviary.audit')).toEqual([{ missing: null }]);
  await auditInTurn(next, () => Promise.resolve(found()), never);
  expect(await sql('select missing::integer from aviary.audit')).toEqual([{ missing: 0 }]);
});

test('one that fails rests; one that is stopped is left to others at once', async () => {
  await take();
  await makeDue();
  const failing = await take();
  if (failing === undefined) throw new Error('no turn');
  const fail = () => Promise.reject(new Error('Pinecone is away'));
  await expect(auditInTurn(failing, fail, never)).rejects.toThrow('Pinecone is away');
  expect(await take()).toBeUndefined();
  await sql('update aviary.audit set next_start_at = now()');
  const stopped = await take();
  if (stopped === undefined) throw new Error('no turn');
  await expect(auditInTurn(stopped, fail, AbortSignal.abort())).rejects.toThrow();
  expect(await take()).toBeDefined();
});

test('the schedule audits what is due, shows it, and stops amid an audit', async () => {
  await take();
  await makeDue();
  const metrics = createMetrics('test');
  const first = scheduleOf(() => Promise.resolve(found({ stale: 3, mended: 3 })), metrics);
  await first.start();
  await waitUntil(
    async () => (await metrics.metrics()).includes('kind="stale",service="test"} 3'),
    { what: 'the differences are shown' },
  );
  expect(await metrics.metrics()).toMatch(/audit_last_success_timestamp_seconds\{.*\} 1\d{9}/);
  await first.stop();
  // An operator tells of it, too.
  expect(await readProgress(pool, [thing.index.name])).toMatchObject({
    audits: [
      {
        ...{ index: thing.index.name, finishedAt: expect.any(Date) as Date },
        ...{ missing: 0, stale: 3, orphaned: 0, mended: 3, undecided: 0 },
      },
    ],
  });

  await sql("update aviary.audit set finished_at = now() - interval '2 hours'");
  const begun = Promise.withResolvers<undefined>();
  const second = scheduleOf((signal) => {
    begun.resolve(undefined);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  });
  await second.start();
  await begun.promise;
  await second.stop();
  expect(await take()).toBeDefined();
});

test('with an interval of 0 nothing is audited', async () => {
  const fail = () => Promise.reject(new Error('It is not to be called.'));
  const schedule = scheduleOf(fail, createMetrics('test'), 0);
  await schedule.start();
  await schedule.stop();
  expect(await sql('select count(*)::integer from aviary.audit')).toEqual([{ count: 0 }]);
});
