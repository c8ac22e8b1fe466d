import { describe, expect, test } from 'vitest';
import { namesOf } from './names.ts';
import { readSettings } from './settings.ts';

const dev = { environment: 'dev', region: 'eu-west-1' };

test('a stack says its environment and region, and the rest is that environment’s', () => {
  expect(readSettings(dev)).toMatchObject({ natGateways: 1, protectData: false });
  expect(readSettings({ ...dev, database: { readReplicas: 1 } }).database).toMatchObject({
    readReplicas: 1,
    instanceClass: 'db.t4g.small',
  });
});

test.each([
  [{ environment: 'stage', region: 'x' }, /platform\.environment/],
  [{ environment: 'dev' }, /platform\.region/],
  [{ ...dev, signIn: true }, /platform\.signIn: .*false without/],
  [
    { ...dev, ingress: { host: 'aviary.example.com', certificateArn: 'arn:aws:acm:x' } },
    /platform\.signIn: must be true with a public address/,
  ],
  [{ ...dev, natGateway: 2 }, /natGateway/],
  [{ ...dev, natGateways: 3 }, /platform\.natGateways: must be at most as many/],
  [{ ...dev, database: { maxStorageGiB: 20, storageGiB: 50 } }, /maxStorageGiB: must be at least/],
  [{ ...dev, database: { instanceClas: 'x' } }, /instanceClas/],
  [{ ...dev, environment: 'prod', apiAllowedCidrs: ['0.0.0.0/0'] }, /whole internet/],
  [{ ...dev, apiAllowedCidrs: ['10.0.0.0/99'] }, /must be a range of IPv4 addresses/],
])('a fault is told by its name: %j', (given, fault) => {
  expect(() => readSettings(given)).toThrow(fault);
});

test('all faults are told at once', () => {
  expect(() => readSettings({ environment: 'dev', signIn: 'yes', kubernetesVersion: 2 })).toThrow(
    /has 3 fault\(s\).*region.*kubernetesVersion.*signIn/s,
  );
});

describe('names', () => {
  test('begin with the stack’s', () => {
    const names = namesOf('prod', 'prod');
    expect(names.queues).toEqual({
      live: 'aviary-prod.fifo',
      dead: 'aviary-prod-dead.fifo',
      refresh: 'aviary-prod-refresh',
    });
    expect(names.secret('openai')).toBe('aviary-prod/openai');
  });

  test.each(['', 'Prod', 'prod-', '1prod', 'a'.repeat(21), 'a_b', 'org/aviary/prod'])(
    'a stack named %j is refused before AWS does it halfway',
    (stack) => {
      expect(() => namesOf(stack, 'dev')).toThrow(/lower-case letters/);
    },
  );
});
