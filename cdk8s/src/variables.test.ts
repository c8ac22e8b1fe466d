import { loadConfig } from '@aviary/runtime';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadEmuConfig, type EmuVariables } from '../../services/emu/src/config.ts';
import { readConfig as readFrontendConfig } from '../../services/frontend/server/config.ts';
import {
  databaseConfig,
  pineconeConfig,
  queueConfig,
  readConfig as readPelicanConfig,
  refreshConfig,
  specsConfig,
  sqsConfig,
} from '../../services/pelican/src/config.ts';
import {
  environmentNames,
  objectsOf,
  ofKind,
  podOwnersIn,
  type EnvironmentName,
} from '../testing/manifests.ts';
import { toEnvVars, type Variables } from './pods/variables.ts';

const asCommand = (shape: z.ZodRawShape) => (environment: Record<string, string>) =>
  loadConfig(z.object(shape), environment);

const readers: Record<string, (environment: Record<string, string>) => object> = {
  pelican: readPelicanConfig,
  emu: loadEmuConfig,
  frontend: readFrontendConfig,
  install: asCommand({ ...databaseConfig, ...specsConfig }),
  audit: asCommand({
    ...databaseConfig,
    ...specsConfig,
    ...queueConfig,
    ...refreshConfig,
    ...sqsConfig,
    ...pineconeConfig,
  }),
};

/** Read by the SDK for AWS itself. */
const foreign = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/** As the container has them; a secret that is made elsewhere stands as forty x. */
function environmentOf(environment: EnvironmentName, workload: string): Record<string, string> {
  const objects = objectsOf(environment);
  const secrets = new Map(
    ofKind(objects, 'Secret').map(({ metadata, stringData }) => [
      metadata.name,
      stringData as Record<string, string>,
    ]),
  );
  const owner = podOwnersIn(objects).find(({ name }) => name === workload);
  return Object.fromEntries(
    (owner?.pod.containers[0]?.env ?? []).map(({ name, value, valueFrom }) => {
      const { name: secret = '', key = '' } = valueFrom?.secretKeyRef ?? {};
      return [name, value ?? secrets.get(secret)?.[key] ?? 'x'.repeat(40)];
    }),
  );
}

describe.each(environmentNames)('%s', (environment) => {
  test.each(Object.entries(readers))('%s understands its variables, every one', (name, read) => {
    const given = environmentOf(environment, name);
    const config = read(given);
    const known = [...Object.keys(config), ...foreign];
    expect(Object.keys(given).filter((variable) => !known.includes(variable))).toEqual([]);
  });
});

test('kind’s users differ, and the owner runs no service', () => {
  const users = ['install', 'pelican', 'frontend', 'audit'].map(
    (name) => new URL(environmentOf('kind', name).DATABASE_URL ?? '').username,
  );
  expect(users).toEqual(['owner', 'pelican', 'frontend', 'pelican']);
});

test('in prod the page signs people in, believes one proxy, and reads from the replicas', () => {
  expect(readFrontendConfig(environmentOf('prod', 'frontend'))).toMatchObject({
    EDIT_AUTH: 'oidc',
    PUBLIC_URL: 'https://aviary.example.com',
    TRUST_PROXY: 1,
    DATABASE_READ_URLS: [expect.stringContaining('reader-1')],
    DATABASE_IAM_AUTH: true,
  });
});

test('a variable that is missing, and one that is unknown, do not compile', () => {
  const whole: Variables<EmuVariables> = {
    QUEUE_URL: 'https://sqs/a.fifo',
    DEAD_LETTER_QUEUE_URL: 'https://sqs/b.fifo',
    REFRESH_QUEUE_URL: 'https://sqs/c',
    SPECS: '/specs',
    OPENAI_API_KEY: { secret: 'one', key: 'key' },
    PINECONE_API_KEY: { secret: 'two', key: 'key' },
  };
  const { QUEUE_URL, ...lacking } = whole;
  // @ts-expect-error QUEUE_URL is missing.
  const faulty: Variables<EmuVariables> = lacking;
  // @ts-expect-error There is no QUEUE_URI.
  const misspelt: Variables<EmuVariables> = { ...lacking, QUEUE_URL, QUEUE_URI: QUEUE_URL };
  expect([faulty, misspelt]).toHaveLength(2);
});

test('variables are in order of their names, without those that are absent', () => {
  expect(toEnvVars({ B: undefined, C: { secret: 's', key: 'k' }, A: '1' })).toEqual([
    { name: 'A', value: '1' },
    { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
  ]);
});
