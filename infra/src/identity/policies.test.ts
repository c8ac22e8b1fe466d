import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { queueCalls } from '../../test/queue-calls.ts';
import { policiesOf, type Identity, type Statement } from './policies.ts';

const root = join(import.meta.dirname, '../../..');
const database = 'arn:aws:rds-db:r:1:dbuser:db-PRIMARY';
const reader = 'arn:aws:rds-db:r:1:dbuser:db-READER';
const arns = {
  queues: { live: 'live', dead: 'dead', refresh: 'refresh' },
  indexQueues: { live: 'p_*.fifo', dead: 'p_*-dead.fifo', refresh: 'p_*-refresh' },
  databases: { primary: database, all: [database, reader] },
  users: { owner: 'owner', pelican: 'pelican', frontend: 'frontend' },
  secrets: ['openai', 'pinecone'],
};
const policies = policiesOf(arns);

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
  operator: ['services/operator/src/main.ts'],
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
    { Effect: 'Allow', Action: ['sqs:GetQueueAttributes'], Resource: ['live', 'p_*.fifo'] },
  ]);
  expect(policies.externalSecrets.map(({ Resource }) => Resource)).toEqual([
    ['openai', 'pinecone'],
  ]);
});

describe('with an operator', () => {
  const { operator, frontend } = policies;
  const resources = (statements: readonly Statement[]) =>
    statements.flatMap(({ Resource }) => Resource);

  test('it makes and deletes queues of its own alone', () => {
    expect(resources(operator).filter((name) => !name.startsWith('p_*'))).toEqual([]);
  });

  test('workers do with its queues what they do with those of the environment, and no page does', () => {
    for (const statements of [policies.pelican, policies.emu]) {
      const { live, dead, refresh } = arns.indexQueues;
      for (const [own, made] of Object.entries({ live, dead, refresh })) {
        const actionsOn = (queue: string) =>
          statements.filter(({ Resource }) => Resource.includes(queue)).map(({ Action }) => Action);
        expect(actionsOn(made)).toEqual(actionsOn(own));
      }
    }
    expect(resources(frontend).filter((name) => name.startsWith('p_'))).toEqual([]);
  });

  test('without one, nobody may do anything with such queues', () => {
    const { queues, databases, users, secrets } = arns;
    const none = policiesOf({ queues, databases, users, secrets });
    expect(none.operator).toEqual([]);
    expect(resources(Object.values(none).flat()).filter((name) => name.includes('*'))).toEqual([]);
  });
});
