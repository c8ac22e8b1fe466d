import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const valid = {
  DATABASE_URL: 'postgres://u:hush@db/x',
  SPECS: 'a.yaml, specs/',
  QUEUE_URL: 'http://sqs/1/changes.fifo',
  DEAD_LETTER_QUEUE_URL: 'http://sqs/1/changes-dead.fifo',
  REFRESH_QUEUE_URL: 'http://sqs/1/changes-refresh',
  PINECONE_API_KEY: 'hush',
};

test('what is required is enough', () => {
  expect(readConfig(valid)).toMatchObject({
    SPECS: ['a.yaml', 'specs/'],
    LANES: 3,
    ADMIN_PORT: 9090,
  });
});

test('every missing variable is named at once', () => {
  for (const name of Object.keys(valid)) {
    expect(() => readConfig({})).toThrow(new RegExp(`\\b${name}: is not set`));
  }
});

test('a wrong one is told with what it must be, and no secret is shown', () => {
  const wrong = { ...valid, DATABASE_URL: 'hush@db', QUEUE_URL: 'http://sqs/1/changes' };
  expect(() => readConfig(wrong)).toThrow(/DATABASE_URL: must begin with postgres:/);
  expect(() => readConfig(wrong)).toThrow(
    /QUEUE_URL: must be a FIFO queue, whose name ends in \.fifo/,
  );
  expect(() => readConfig({ ...wrong, REFRESH_QUEUE_URL: 'http://sqs/1/changes.fifo' })).toThrow(
    /REFRESH_QUEUE_URL: must be a standard queue/,
  );
  expect(() => readConfig(wrong)).not.toThrow(/hush/);
});
