import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { forbiddenByRestricted } from '../cdk8s/testing/pod-security.ts';
import { readCommandLine } from '../local/src/products/command-line.ts';

interface Job {
  spec: { template: { metadata: { labels: Record<string, string> }; spec: Pod } };
}

interface Pod extends Record<string, unknown> {
  containers: { command: string[]; args: string[]; env: unknown[] }[];
}

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const { metadata, spec: pod } = (parse(read('loadtest/generate.yaml')) as Job).spec.template;
const [container] = pod.containers;

test('the Job is admitted under the profile "restricted"', () => {
  expect(forbiddenByRestricted(pod)).toEqual([]);
});

test('it runs what there is, with options that there are', () => {
  const [program, script] = container?.command ?? [];
  expect(program).toBe('node');
  expect(existsSync(join(root, script ?? ''))).toBe(true);
  expect(readCommandLine(container?.args ?? [], { DATABASE_URL: 'postgres://shop' })).toEqual({
    ...{ count: 1_000_000, from: 1_000_000, seed: 1 },
    to: { databaseUrl: 'postgres://shop' },
  });
});

test('it reaches the database as the Job named install does', () => {
  const install = read('cdk8s/golden/kind/30-install.yaml')
    .split(/^---$/m)
    .map((document) => parse(document) as (Job & { kind: string }) | null)
    .find((object) => object?.kind === 'Job')?.spec.template;
  expect(install?.metadata.labels).toEqual(metadata.labels);
  expect(install?.spec.containers[0]?.env).toEqual(expect.arrayContaining(container?.env ?? [{}]));
});
