import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetrics } from '@aviary/runtime';
import { SpecError } from '@aviary/semantic-index';
import { afterAll, expect, test } from 'vitest';
import { SpecFiles } from './spec-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'aviary-spec-files-'));
afterAll(() => rmSync(directory, { recursive: true }));

const path = join(directory, 'specs.yaml');
const lookingAt = () => {
  const told: string[][] = [];
  const metrics = createMetrics('spec-files');
  const specs = new SpecFiles({
    paths: [path],
    onChange: (now) => told.push(now.map(({ name }) => name)),
    logger: createLogger({ service: 'spec-files', level: 'silent' }),
    metrics,
  });
  return { specs, told, metrics };
};
const aFile = () => {
  rmSync(path, { force: true });
  writeFileSync(path, '');
};
/** To itself: also root cannot read it. */
const aLoop = () => {
  rmSync(path, { force: true });
  symlinkSync('specs.yaml', path);
};

test('what cannot be read at the start is told with its path, its cause and a remedy', () => {
  aLoop();
  const { specs } = lookingAt();
  expect(() => specs.read()).toThrow(SpecError);
  expect(() => specs.read()).toThrow(`${path}: it cannot be read (ELOOP): make it a file`);
});

test('what can be read no more is a fault that ends when it can be read again', async () => {
  aFile();
  const { specs, told, metrics } = lookingAt();
  specs.read();
  aLoop();
  specs.look();
  expect(await metrics.metrics()).toMatch(/specs_faulty\S* 1\n/);
  expect(told).toHaveLength(1);
  aFile();
  specs.look();
  expect(await metrics.metrics()).toMatch(/specs_faulty\S* 0\n/);
  expect(told).toHaveLength(2);
});
