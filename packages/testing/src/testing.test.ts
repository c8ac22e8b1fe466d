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

test('a transaction left open is told', async () => {
  const { default: pg } = await import('pg');
  const database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await expect(database.drop()).rejects.toThrow(/left 1 statement/);
});

test('a queue gives back what was sent', async () => {
  const { queue, drain } = await testQueue();
  await queue.send([{ body: 'one', groupId: 'a', deduplicationId: '1' }], {
    signal: AbortSignal.timeout(5_000),
  });
  expect(await drain()).toEqual(['one']);
  expect(await drain()).toEqual([]);
});
