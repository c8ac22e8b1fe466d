import { testDatabase } from '@aviary/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aviarySchema, capture, poolTo, write } from '../testing/captured.ts';
import { Wake, pauseMs } from './wake.ts';

test.each([
  [0, 0, 3],
  [600, 0, 3],
  [10_000, 0, 50],
  [50_000, 1, 250],
  [3_600_000, 1, 250],
  [0, 10, 40],
  [3_600_000, 100, 400],
])('after %i ms of nothing and a probe of %i ms, the next is in %i ms', (idle, probe, pause) => {
  expect(pauseMs(idle, probe)).toBe(pause);
});

test('polling takes a fifth at most, and a change waits no longer than it must', () => {
  const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(ms, ms, (idle, probe) => {
      const pause = pauseMs(idle, probe);
      expect(probe / (probe + pause)).toBeLessThanOrEqual(0.2);
      expect(pause).toBeLessThanOrEqual(Math.max(250, 4 * probe));
    }),
  );
});

test('a change wakes those whose table it is of, and nobody else', async () => {
  await using database = await testDatabase(aviarySchema);
  const pool = poolTo(database.url);
  await write(pool, 'create table thing (id integer primary key, name text)');
  await write(pool, 'create table other (id integer primary key, name text)');
  const thing = await capture(pool, { table: 'thing' });
  await capture(pool, { table: 'other' }, 'others');
  await write(pool, `insert into other select g, 'waits' from generate_series(1, 100) g`);
  const wake = new Wake(pool, new Map([[thing.sourceId, thing]]), () => undefined);
  let looks = 0;
  const asleep = Promise.withResolvers<undefined>();
  const woken = wake.wait(AbortSignal.timeout(30_000), () => {
    looks += 1;
    if (looks === 3) asleep.resolve(undefined);
  });
  await Promise.race([asleep.promise, woken]);
  expect(looks).toBe(3);
  await write(pool, `insert into thing values (1, 'wakes')`);
  expect(await woken).toBeGreaterThanOrEqual(0);
  await pool.end();
});
