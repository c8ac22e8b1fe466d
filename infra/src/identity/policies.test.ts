import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { queueCalls } from '../../test/queue-calls.ts';
import { policiesOf, type Identity, type Statement } from './policies.ts';

const root = join(import.meta.dirname, '../../..');
const database = 'arn:aws:rds-db:r:1:dbuser:db-PRIMARY';
const reader = 'arn:aws:rds-db:r:1:dbuser:db-READER';
const policies = policiesOf({
  live: 'live',
  dead: 'dead',
  refresh: 'refresh',
  databases: { primary: database, all: [database, reader] },
  users: { owner: 'owner', pelican: 'pelican', frontend: 'frontend' },
  secrets: ['openai', 'pinecone'],
});

const sqsActions = (statements: readonly Statement[]) =>
  new Set(statements.flatMap(({ Action }) => Action).filter((action) => action.startsWith('sqs:')));
const mayConnect = (identity: Identity) =>
  policies[identity]
    .filter(({ Action }) => Action.includes('rds-db:connect'))
    .flatMap(({ Resource }) => Resource);

const programs = {
  pelican: ['services/pelican/src/main.ts', 'services/pelican/src/cli/main.ts'],
  emu: ['services/emu/src/main.ts'],
  frontend: ['services/frontend/server/main.ts'],
} as const;

describe.each(Object.entries(programs))('%s', (service, entries) => {
  let calls: Set<string>;
  beforeAll(() => {
    calls = queueCalls(root, entries);
  });

  test('may ask of SQS exactly what its code asks', () => {
    expect(calls.size).toBeGreaterThan(0);
    expect([...sqsActions(policies[service as Identity])].sort()).toEqual([...calls].sort());
  });
});

test('a service logs in to the database as itself alone, and only the frontend to readers', () => {
  expect(mayConnect('install')).toEqual([`${database}/owner`]);
  expect(mayConnect('pelican')).toEqual([`${database}/pelican`]);
  expect(mayConnect('frontend')).toEqual([`${database}/frontend`, `${reader}/frontend`]);
  expect(mayConnect('emu')).toEqual([]);
});

test('KEDA may count, and External Secrets may read the named secrets, and neither may more', () => {
  expect(policies.kedaOperator).toEqual([
    { Effect: 'Allow', Action: ['sqs:GetQueueAttributes'], Resource: ['live'] },
  ]);
  expect(policies.externalSecrets.map(({ Resource }) => Resource)).toEqual([
    ['openai', 'pinecone'],
  ]);
});
