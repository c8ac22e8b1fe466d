import { join } from 'node:path';
import { recordId } from '@aviary/change-job';
import { createPool } from '@aviary/postgres';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { JourneyEvent } from '../../shared/journey.ts';
import { savedProductSchema, type SavedProduct } from '../../shared/product.ts';
import { eventsOf } from '../../testing/events-of.ts';
import { startApp, type TestApp } from '../../testing/start-app.ts';
import { Journeys } from './journeys.ts';
import { OutboxQuestions } from './outbox-questions.ts';

let aviary: TestApp;
beforeAll(async () => {
  aviary = await startApp();
  // What pelican's migration makes, without an outbox.
  await aviary.database.sql(`
    create table aviary.queued (source text, key text);
    create function aviary.awaits_queueing(index_name text, wanted text[], since timestamptz[])
      returns setof boolean language sql as $$
        select not exists (
          select from aviary.queued q where q.key = asked and q.source = index_name and moment > '2020-01-01')
        from unnest(wanted, since) as a(asked, moment)
      $$`);
});
afterAll(() => aviary.close());

const change = async (method: string, id: number, content?: object): Promise<SavedProduct> => {
  const { body } = await aviary.call(method, `/api/products/${id}`, content, { 'if-match': '*' });
  return savedProductSchema.parse(body);
};
const journeyOf = ({ product, savedAt }: SavedProduct, signal?: AbortSignal) =>
  eventsOf(aviary, `/api/products/${product.id}/journey?since=${savedAt}`, signal);

/** Journeys of its own, on the app's table and index. */
function journeys(options: { most?: number; timeoutMs?: number } = {}): Journeys {
  const { table } = aviary.parts.products.current;
  const outbox = { await: () => Promise.resolve([]) } as unknown as OutboxQuestions;
  const followed = new Journeys({ table, index: aviary.index, outbox, ...options });
  onTestFinished(() => followed.stop());
  return followed;
}
const never = new AbortController().signal;

test('a deleted row is followed until it is gone from search', async () => {
  const events = journeyOf(await change('DELETE', 8));
  expect((await events.next()).value).toEqual({ step: 'saved', ms: 0 });
  await aviary.index.delete([recordId(['8'])]);
  expect((await events.next()).value).toMatchObject({ step: 'gone' });
});

test('an older change that arrives is not the one that is followed', async () => {
  const saved = await change('PATCH', 9, { price: 1 });
  const events = journeyOf(saved);
  await events.next();
  await aviary.writeRecords([saved.product], saved.savedAt - 1);
  const next = events.next();
  await aviary.writeRecords([saved.product], saved.savedAt, {
    queuedAt: saved.savedAt,
    embeddedAt: saved.savedAt,
  });
  expect((await next).value).toMatchObject({ step: 'queued' });
});

test('an index that is away for a while does not end it', async () => {
  aviary.pinecone.setFaults({ unavailable: 1 });
  const saved = await change('PATCH', 10, { price: 1 });
  const events = journeyOf(saved);
  await events.next();
  const next = events.next();
  aviary.pinecone.setFaults({});
  await aviary.writeRecords([saved.product], saved.savedAt);
  expect((await next).value).toMatchObject({ step: 'queued' });
});

test('one look serves all rows that are followed', async () => {
  const saved = await Promise.all([11, 12, 13, 14].map((id) => change('PATCH', id, { price: 3 })));
  const followed = journeys();
  const told: string[] = [];
  const ended = saved.map(({ product: { id }, savedAt }) =>
    followed.follow({ id, since: savedAt }, ({ step }) => told.push(`${id} ${step}`), never),
  );
  for (const { product, savedAt } of saved) await aviary.writeRecords([product], savedAt);
  await Promise.all(ended);
  expect(told.filter((event) => event.endsWith('searchable')).sort()).toEqual(
    [11, 12, 13, 14].map((id) => `${id} searchable`),
  );
});

test('it ends when it takes too long, or when nobody looks any more', async () => {
  const { savedAt } = await change('PATCH', 15, { price: 3 });
  const told: JourneyEvent[] = [];
  const tell = (event: JourneyEvent) => told.push(event);
  await journeys({ timeoutMs: 50 }).follow({ id: 15, since: savedAt }, tell, never);
  expect(told.map(({ step }) => step)).toEqual(['saved', 'timeout']);

  const leaving = new AbortController();
  const left = journeys();
  const ended = left.follow({ id: 15, since: savedAt }, tell, leaving.signal);
  leaving.abort();
  await ended;
});

test('so many at once and no more, and none when the server stops', async () => {
  const { savedAt } = await change('PATCH', 16, { price: 3 });
  const followed = journeys({ most: 1 });
  const ended = followed.follow({ id: 16, since: savedAt }, () => undefined, never);
  expect(() => followed.admit()).toThrow(/most there may be: ask again/);
  await followed.stop();
  await ended;
  expect(() => followed.admit()).toThrow(/stopping/);
});

test('a row counts as queued once its key has left the outbox', async () => {
  const saved = await change('PATCH', 17, { price: 3 });
  const events = journeyOf(saved);
  await events.next();
  const queued = events.next();
  await aviary.database.sql(`insert into aviary.queued values ('products', $1)`, ['17']);
  expect((await queued).value).toMatchObject({ step: 'queued' });
});

test('the outbox is asked for the generation that an operator searches', async () => {
  const [spec] = loadSemanticIndexes([
    join(import.meta.dirname, '../../../../examples/products.yaml'),
  ]);
  if (spec === undefined) throw new Error('The example has no spec.');
  onTestFinished(() => aviary.parts.products.follow([spec]));
  aviary.parts.products.follow([{ ...spec, capturedAs: 'products-g2' }]);
  const events = journeyOf(await change('PATCH', 18, { price: 3 }));
  await events.next();
  const queued = events.next();
  await aviary.database.sql(`insert into aviary.queued values ('products-g2', $1)`, ['18']);
  expect((await queued).value).toMatchObject({ step: 'queued' });
});

test('the outbox is asked for its own index from the first question on', async () => {
  const pool = createPool({
    connectionString: aviary.database.url,
    max: 1,
    applicationName: 'test',
  });
  onTestFinished(() => pool.end());
  await aviary.database.sql(`insert into aviary.queued values ('lamps-g3', '19'), ('lamps', '20')`);
  const rows = [19, 20].map((id) => ({ id, since: Date.now() }));
  const outbox = new OutboxQuestions(pool, { name: 'lamps', capturedAs: 'lamps-g3' });
  expect(await outbox.await(rows)).toEqual([false, true]);
  outbox.follow({ name: 'lamps' });
  expect(await outbox.await(rows)).toEqual([true, false]);
});
