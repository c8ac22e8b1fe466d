import { expect, test } from 'vitest';
import { Health } from './health.ts';

test('a process is ready when every part is well', () => {
  const health = new Health();
  expect(health.ready).toBe(true);
  health.expect('database');
  expect(health.ready).toBe(false);
  health.ok('database');
  expect(health.ready).toBe(true);
  health.failed('queue', 'away');
  expect(health.ready).toBe(false);
  expect(health.report()).toMatchObject({
    database: { ok: true, reason: undefined },
    queue: { ok: false, reason: 'away' },
  });
});

test('only a change between well and unwell is one, and dates from then', () => {
  const health = new Health();
  health.expect('queue');
  const { since } = health.report().queue ?? {};
  expect(health.failed('queue', 'away')).toBe(false);
  expect(health.failed('queue', 'refused')).toBe(false);
  expect(health.report().queue).toEqual({ ok: false, reason: 'refused', since });
  expect(health.ok('queue')).toBe(true);
  expect(health.ok('queue')).toBe(false);
  expect(health.failed('queue', 'away')).toBe(true);
});

test('a failure is taken back where nothing is asked any more, and nothing else comes of it', () => {
  const health = new Health();
  health.failed('backfill', 'away');
  health.withdraw('backfill');
  health.withdraw('another');
  expect(health.ready).toBe(true);
  expect(Object.keys(health.report())).toEqual(['backfill']);
});
