import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformOutputs } from '@aviary/platform-outputs';
import { afterAll, expect, test } from 'vitest';
import { readEnvironment } from '../environment/read-environment.ts';
import { choosePlatform } from './choose-platform.ts';

const examples = join(import.meta.dirname, '../../examples');
const outputsFile = join(examples, 'outputs.json');
const outputs = JSON.parse(readFileSync(outputsFile, 'utf8')) as PlatformOutputs;
const prod = readEnvironment('prod');
const signedIn = readEnvironment('prod', [join(examples, 'sign-in.yaml')]);

const directory = mkdtempSync(join(tmpdir(), 'aviary-outputs-'));
afterAll(() => rmSync(directory, { recursive: true }));

function outputsWith(change: Partial<Record<keyof PlatformOutputs, unknown>>): string {
  const file = join(directory, 'outputs.json');
  writeFileSync(file, JSON.stringify({ ...outputs, ...change }));
  return file;
}

const { openai, pinecone } = outputs.secrets;
const secretsWithoutSignIn = { openai, pinecone };

test('stand-ins take no outputs, and all else needs them', () => {
  expect(() => choosePlatform(readEnvironment('kind'), outputsFile)).toThrow(/takes no OUTPUTS/);
  expect(() => choosePlatform(prod, undefined)).toThrow(/OUTPUTS=/);
});

test('outputs of another namespace are refused, since roles are bound there', () => {
  const elsewhere = outputsWith({ cluster: { ...outputs.cluster, namespace: 'elsewhere' } });
  expect(() => choosePlatform(signedIn, elsewhere)).toThrow(/elsewhere.*aviary/);
});

test('a page that everybody may edit has no public address', () => {
  expect(() => choosePlatform(prod, outputsWith({ secrets: secretsWithoutSignIn }))).toThrow(
    'Everybody could edit at https://aviary.example.com',
  );
  const inside = outputsWith({ secrets: secretsWithoutSignIn, ingress: undefined });
  const { page, ingress } = choosePlatform(prod, inside);
  expect(ingress).toBeUndefined();
  expect(page).not.toHaveProperty('EDIT_AUTH');
});

test('sign-in needs an address to come back to, its secret and its provider', () => {
  expect(() => choosePlatform(signedIn, outputsWith({ ingress: undefined }))).toThrow(
    /comes back to a public address/,
  );
  expect(() => choosePlatform(prod, outputsFile)).toThrow(/say with whom people sign in/);
  expect(() => choosePlatform(signedIn, outputsWith({ secrets: secretsWithoutSignIn }))).toThrow(
    /name no secret for it/,
  );
});
