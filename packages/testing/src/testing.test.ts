import { expect, test } from 'vitest';
import { testDatabase, testQueue } from './index.ts';

const template = {
  name: 'testing_example',
  prepare: async (url: string) => {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create table example (id integer primary key)');
    await client.end();
  },
};

test('databases from one template are apart', async () => {
  await using first = await testDatabase(template);
  await using second = await testDatabase(template);
  await first.sql('insert into example values (1)');
  expect(await second.sql('select * from example')).toEqual([]);
});

test.each([
  ['an idle connection', 'select 1', /left 1 connection.*idle, last statement: select 1/],
  ['a transaction', 'begin', /left 1 connection.*idle in transaction, last statement: begin/],
])('%s left open is told', async (_, statement, told) => {
  const { default: pg } = await import('pg');
  const database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(statement);
  await expect(database.drop()).rejects.toThrow(told);
});

test('a queue gives back what was sent', async () => {
  const { queue, drain } = await testQueue();
  await queue.send([{ body: 'one', groupId: 'a', deduplicationId: '1' }], {
    signal: AbortSignal.timeout(5_000),
  });
  expect(await drain()).toEqual(['one']);
  expect(await drain()).toEqual([]);
});
