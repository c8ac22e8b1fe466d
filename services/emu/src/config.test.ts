import { expect, test } from 'vitest';
import { loadEmuConfig } from './config.ts';

const complete = {
  QUEUE_URL: 'http://127.0.0.1:1/0/changes.fifo',
  DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1:1/0/changes-dead.fifo',
  REFRESH_QUEUE_URL: 'http://127.0.0.1:1/0/changes-refresh',
  SPECS: 'a.yaml, specs',
  OPENAI_API_KEY: 'key',
  PINECONE_API_KEY: 'key',
};

test('fills in what has a default', () => {
  expect(loadEmuConfig(complete)).toMatchObject({
    SPECS: ['a.yaml', 'specs'],
    AWS_REGION: 'us-east-1',
    VISIBILITY_TIMEOUT_SECONDS: 60,
    HEARTBEAT_SECONDS: 20,
    REFRESH_DELAY_SECONDS: 30,
    MAX_BATCH: 256,
    CONCURRENCY: 4,
    RECEIVERS: 4,
  });
});

test('names every missing and wrong variable at once', () => {
  const faulty = { QUEUE_URL: 'changes', SPECS: 'a.yaml,,b.yaml', MAX_BATCH: '0' };
  const load = () => loadEmuConfig(faulty);
  for (const name of [
    'DEAD_LETTER_QUEUE_URL',
    'REFRESH_QUEUE_URL',
    'OPENAI_API_KEY',
    'PINECONE_API_KEY',
  ]) {
    expect(load).toThrow(`${name}: is not set`);
  }
  expect(load).toThrow('QUEUE_URL: Invalid URL (it is "changes")');
  expect(load).toThrow('SPECS: has an empty path');
  expect(load).toThrow('MAX_BATCH: must be at least 1');
});

test('the heartbeat must be less than half the visibility timeout', () => {
  const load = () => loadEmuConfig({ ...complete, HEARTBEAT_SECONDS: '30' });
  expect(load).toThrow('HEARTBEAT_SECONDS: must be less than half of VISIBILITY_TIMEOUT_SECONDS');
});
