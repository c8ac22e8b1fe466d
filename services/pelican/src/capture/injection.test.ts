import { recordId } from '@aviary/change-job';
import type { Pool } from '@aviary/postgres';
import { PermanentError } from '@aviary/runtime';
import { testDatabase, testQueue, waitUntil, type TestDatabase } from '@aviary/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { aviarySchema, capture, poolTo } from '../../testing/captured.ts';
import { jobsOf, outboxIsEmpty, startRelay } from '../../testing/relaying.ts';
import { readRowsByKey, readStep } from '../tables/read-rows.ts';

/*
 * Whatever a spec's names and a row's values are, they are names and values: the whole way to the queue works, or
 * there is one clear refusal. Statements are built by Postgres' own format() here, not by what is tested.
 */

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await testDatabase(aviarySchema);
  pool = poolTo(database.url);
  await pool.query(`create table public.canary as select 'alive' as state`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const hostile = [
  `"; drop table public.canary; --`,
  `'; drop table public.canary; --`,
  `x'); drop table public.canary; --`,
  `$$; drop table public.canary; $$`,
  `$capture$; drop table public.canary; $capture$`,
  `*/ drop table public.canary; /*`,
  `\\'; drop table public.canary; --`,
  'end; drop table public.canary; begin',
  `E'\\n'`,
  'a\nb\r\n--c',
  '%I %L %s %%',
  '$1',
  ':name',
  '?',
  'U&"\\0041"',
  ...['select', 'table', 'user', 'all', 'old', 'new', 'r', 't', 'k', 'key', 'k0', 'position'],
  ...['ctid', 'oid', 'aviary', 'outbox', 'aviary_1_insert', 'aviary_%', 'inserted', 'deleted'],
  ...['tableoid ', ' padded ', '"quoted"', "'quoted'", 'MiXeD', 'ümläut', '名前', '🦤', '\u202e'],
  ...['x'.repeat(63), 'é'.repeat(31), '🦤'.repeat(15), 'x'.repeat(64), 'é'.repeat(32)],
];
const text = fc
  .oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 40 }))
  .map((value) => value.replaceAll('\0', ''));
const name = text.filter((value) => value !== '');
/** System columns are no table's own, and some schemas are there already. */
const column = name.filter((value) => !['ctid', 'oid', 'tableoid'].includes(value));
const schema = name.filter((value) => !/^(pg_|aviary$)/.test(value));

const cases = fc.record({
  schema,
  table: name,
  columns: fc.uniqueArray(column, {
    minLength: 3,
    maxLength: 3,
    // As Postgres cuts them.
    selector: (value) => Buffer.from(value).subarray(0, 60).toString(),
  }),
  key: text,
  texts: fc.tuple(text, text),
});

/** Runs a statement that is made by format(), with names at %I and values at %L. */
async function run(statement: string, ...values: string[]): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query<{ made: string }>(
    `select format($1, variadic $2::text[]) as made`,
    [statement, values],
  );
  return (await pool.query<Record<string, unknown>>(rows[0]?.made ?? '')).rows;
}

/** Everything there is in the database beside what a case makes for itself. */
const inventory = async (of: string) =>
  (
    await run(
      `select (select string_agg(state, ',') from public.canary) as canary,
              (select array_agg(nspname::text order by 1) from pg_namespace
               where nspname <> %L and nspname !~ '^pg_') as schemas,
              (select array_agg(relname::text order by 1) from pg_class
               where relnamespace in ('public'::regnamespace, 'aviary'::regnamespace)) as tables`,
      of,
    )
  )[0];

test('names and values of every kind are names and values, on the whole way', async () => {
  const queues = await testQueue();
  let done = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ schema: schemaName, table, columns, key, texts }) => {
      const [keyName = '', textName = '', metadataName = ''] = columns;
      const before = await inventory(schemaName);
      await run('create schema %I', schemaName);
      try {
        await run(
          'create table %I.%I (%I text primary key, %I text, %I text)',
          ...[schemaName, table, ...columns],
        );
        const source = {
          schema: schemaName,
          table,
          text: `{{${textName}}}`,
          metadata: [metadataName],
        };
        const captured = await capture(pool, source).catch((error: unknown) => {
          if (error instanceof z.ZodError || error instanceof PermanentError) return undefined;
          throw error;
        });
        if (captured === undefined) {
          refused += 1;
          expect(mayBeRefused(schemaName, table, ...columns)).toBe(true);
          return;
        }
        const insert = 'insert into %I.%I values (%L, %L, %L)';
        await run(insert, schemaName, table, key, ...texts);
        await run(
          'update %I.%I set %I = %L where %I = %L',
          ...[schemaName, table, textName, texts[1], keyName, key],
        );
        {
          await using relaying = new AsyncDisposableStack();
          relaying.use(await startRelay(pool, [captured], queues));
          await waitUntil(() => outboxIsEmpty(pool), { what: 'the outbox is empty' });
        }
        const jobs = jobsOf(await queues.drain());
        const last = jobs.at(-1);
        expect(last).toMatchObject({ id: recordId([key]), index: 'things' });
        if (last?.op === 'upsert') {
          expect(last.text).toBe(texts[1].trim());
          expect(last.metadata).toEqual({ [metadataName]: texts[1] });
        } else expect(texts[1].trim()).toBe('');

        const values = { text: [texts[1]], metadata: [texts[1]] };
        expect(await readRowsByKey(pool, captured, [[key], [`${key}'`]])).toEqual([
          values,
          undefined,
        ]);
        const step = await readStep(pool, captured, undefined, 10);
        expect(step.rows).toEqual([{ key: [key], values }]);
        expect((await readStep(pool, captured, [key], 10)).rows).toEqual([]);
        await run('truncate %I.%I', schemaName, table);
        expect(await pool.query('delete from aviary.outbox returning keys')).toMatchObject({
          rows: [{ keys: [key] }],
        });
        done += 1;
      } finally {
        await pool.query(`select aviary.remove_capture('things')`);
        await pool.query('delete from aviary.source; delete from aviary.outbox');
        await run('drop schema %I cascade', schemaName);
        expect(await inventory(schemaName)).toEqual(before);
      }
    }),
    { numRuns: 60 },
  );
  expect(done).toBeGreaterThan(refused);
});

/** A template trims its names and knows no braces in them; the rest is Postgres' bound and Aviary's own prefix. */
function mayBeRefused(schemaName: string, table: string, ...columns: string[]): boolean {
  const [, textName = '', metadataName = ''] = columns;
  return (
    [schemaName, table, ...columns].some((value) => Buffer.byteLength(value) > 63) ||
    /[{}]/.test(textName) ||
    textName.trim() !== textName ||
    metadataName.startsWith('aviary_')
  );
}
