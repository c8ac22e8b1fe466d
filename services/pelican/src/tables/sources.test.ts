import { Health } from '@aviary/runtime';
import { testDatabase, waitUntil } from '@aviary/testing';
import { expect, test } from 'vitest';
import { aviarySchema, poolTo, silent, specOf, write } from '../../testing/captured.ts';
import { Sources } from './sources.ts';

test('capture that is taken off while pelican runs is put back, and what was missed is backfilled', async () => {
  await using database = await testDatabase(aviarySchema);
  const pool = poolTo(database.url);
  await write(pool, 'create table thing (id integer primary key, name text)');
  const health = new Health();
  const sources = new Sources({
    pool,
    indexes: [specOf({ table: 'thing' })],
    health,
    logger: silent,
    lookEveryMs: 20,
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => sources.stop());
  await sources.start();
  const count = async (what: string) => (await write(pool, `select from ${what}`)).length;
  const captured = () => write(pool, `select tgname from pg_trigger where tgenabled = 'A'`);
  const whole = await captured();
  expect(whole).toHaveLength(4);
  await write(pool, 'update aviary.backfill set finished_at = now()');

  for (const damage of [
    'alter table thing disable trigger all',
    'drop table thing cascade; create table thing (id integer primary key, name text)',
  ]) {
    await write(pool, damage);
    await waitUntil(
      async () =>
        (await captured()).length === 4 &&
        (await count('aviary.backfill where finished_at is null')) === 1,
      { what: `capture is whole again after: ${damage}` },
    );
    await write(pool, 'update aviary.backfill set finished_at = now(); delete from aviary.outbox');
    await write(pool, 'insert into thing values (1, $$a$$); delete from thing');
    expect(await count('aviary.outbox')).toBe(2);
  }

  await write(pool, 'drop table thing cascade');
  await waitUntil(
    () => /there is no table public.thing/.test(health.report().installation?.reason ?? ''),
    { what: 'the loss is told' },
  );
});

test('the keyword index is made beside the synchronisation', async () => {
  await using database = await testDatabase(aviarySchema);
  const pool = poolTo(database.url);
  await write(pool, 'create table thing (id integer primary key, name text)');
  const sources = new Sources({
    pool,
    indexes: [specOf({ table: 'thing', keywords: { language: 'english' } })],
    health: new Health(),
    logger: silent,
    lookEveryMs: 20,
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => sources.stop());
  await sources.start();
  await waitUntil(
    async () =>
      (await write(pool, `select from pg_indexes where indexname like 'aviary\\_keywords%'`))
        .length === 1,
    { what: 'the keyword index is there' },
  );
});
