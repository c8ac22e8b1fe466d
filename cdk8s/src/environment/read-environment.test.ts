import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { merge, readEnvironment } from './read-environment.ts';

const directory = mkdtempSync(join(tmpdir(), 'aviary-environments-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fileOf(text: string): string {
  const file = join(directory, 'overrides.yaml');
  writeFileSync(file, text);
  return file;
}

test('both environments are right, and read the examples', () => {
  for (const name of ['kind', 'prod']) {
    const { indexes } = readEnvironment(name);
    expect(indexes.map((index) => index.name)).toEqual(['products', 'store-inventory']);
  }
});

test('overrides change what they name, and leave the rest', () => {
  const usual = readEnvironment('kind');
  const changed = readEnvironment('kind', [fileOf('emu: { min: 0, max: 3 }')]);
  expect(changed).toEqual({ ...usual, emu: { ...usual.emu, min: 0, max: 3 } });
});

test('specs are found from the file that names them', () => {
  writeFileSync(
    join(directory, 'books.spec.yaml'),
    `{ apiVersion: aviary.dev/v1alpha1, kind: SemanticIndex, metadata: { name: books }, spec: {
       source: { table: book, text: '{{title}}' }, embedding: { model: m, dimensions: 3 },
       target: { index: aviary, namespace: books } } }`,
  );
  const { indexes } = readEnvironment('kind', [fileOf('specs: [books.spec.yaml]')]);
  expect(indexes.map(({ name }) => name)).toEqual(['books']);
});

test('every fault is told at once, with its place', () => {
  const faulty = fileOf(`
emu: { min: 9, max: 8, backlogPerPod: 0, colour: red }
audit: { schedule: daily }
networks: { clients: [everyone] }`);
  const read = () => readEnvironment('kind', [faulty]);
  for (const fault of [
    /emu\.backlogPerPod: /,
    /"colour"/,
    /audit\.schedule: must be five fields/,
    /networks\.clients\.0: must be a CIDR/,
    /kind\.yaml with .*overrides\.yaml/,
  ]) {
    expect(read).toThrow(fault);
  }
  expect(() => readEnvironment('kind', [fileOf('emu: { min: 9 }')])).toThrow(
    /emu\.min: must be at most max/,
  );
  expect(() => readEnvironment('kind', [fileOf('specs: [nowhere.yaml]')])).toThrow(
    /nowhere\.yaml: there is no such file/,
  );
  expect(() => readEnvironment('nowhere')).toThrow(/nowhere\.yaml cannot be read/);
});

const scalar = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()));
const { values } = fc.letrec((tie) => ({
  values: fc.dictionary(
    fc.string().filter((key) => key !== '__proto__'),
    fc.oneof({ maxDepth: 3 }, scalar, tie('values')),
    { maxKeys: 4, noNullPrototype: true },
  ),
}));

test('a merge with nothing, or with itself, changes nothing', () => {
  fc.assert(
    fc.property(values, (tree) => {
      expect(merge(tree, {})).toEqual(tree);
      expect(merge({}, tree)).toEqual(tree);
      expect(merge(tree, tree)).toEqual(tree);
    }),
  );
});

test('of a merge, each value is the upper one, or the lower where there is none', () => {
  const isMapping = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const at = (tree: unknown, key: string) => (tree as Record<string, unknown>)[key];
  const holds = (below: unknown, above: unknown, merged: unknown): void => {
    if (!isMapping(below) || !isMapping(above)) {
      expect(merged).toEqual(above);
      return;
    }
    const keys = new Set([...Object.keys(below as object), ...Object.keys(above as object)]);
    expect(new Set(Object.keys(merged as object))).toEqual(keys);
    for (const key of keys) {
      if (!Object.hasOwn(above as object, key)) expect(at(merged, key)).toEqual(at(below, key));
      else if (!Object.hasOwn(below as object, key))
        expect(at(merged, key)).toEqual(at(above, key));
      else holds(at(below, key), at(above, key), at(merged, key));
    }
  };
  fc.assert(fc.property(values, values, (a, b) => holds(a, b, merge(a, b))));
});
