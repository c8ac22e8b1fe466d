import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SpecError, loadSemanticIndexes } from './load.ts';

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

function directoryOf(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'aviary-specs-'));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

const spec = (name: string, namespace = name) => `
apiVersion: aviary.dev/v1alpha1
kind: SemanticIndex
metadata: { name: ${name} }
spec:
  source: { table: ${name}, text: '{{name}}' }
  embedding: { model: m, dimensions: 3 }
  target: { index: aviary, namespace: ${namespace} }
`;

const namesAt = (...paths: string[]) => loadSemanticIndexes(paths).map(({ name }) => name);

test('the examples are right', () => {
  expect(namesAt(join(import.meta.dirname, '../../../examples'))).toEqual([
    'products',
    'store-inventory',
  ]);
});

test('a directory stands for its YAML files, a file for its documents', () => {
  const directory = directoryOf({
    'b.yml': spec('two'),
    'a.yaml': `${spec('zero')}---${spec('one')}---\n# nothing here\n`,
    'notes.txt': 'no spec',
  });
  expect(namesAt(directory)).toEqual(['zero', 'one', 'two']);
  expect(namesAt(join(directory, 'b.yml'), join(directory, 'a.yaml'))).toHaveLength(3);
});

test('every fault of every file is told, with its place', () => {
  const directory = directoryOf({
    'a.yaml': spec('one').replace('dimensions: 3', 'dimensions: 0, size: 3'),
    'b.yaml': 'kind: [unclosed',
    'c.yaml': `${spec('two')}---${spec('two', 'other')}`,
    'd.yaml': spec('three', 'two'),
    'e.yaml': 'just text',
  });
  const faults = () => loadSemanticIndexes([directory, '/absent']);
  expect(faults).toThrow(/a\.yaml: spec\.embedding\.dimensions: /);
  expect(faults).toThrow(/a\.yaml: spec\.embedding: .*"size"/);
  expect(faults).toThrow(/b\.yaml: /);
  expect(faults).toThrow(/c\.yaml \(document 2\): the name "two" is also used by .*c\.yaml/);
  expect(faults).toThrow(/d\.yaml: spec\.target: namespace aviary\/two is also used by .*c\.yaml/);
  expect(faults).toThrow(/e\.yaml: document: /);
  expect(faults).toThrow(/\/absent: there is no such file/);
});

test('what cannot be read is a fault among others, with its cause and a remedy', () => {
  const directory = directoryOf({ 'b.yaml': 'kind: [unclosed' });
  mkdirSync(join(directory, 'a.yaml'));
  const loop = join(directory, 'loop');
  symlinkSync('loop', loop);
  const faults = () => loadSemanticIndexes([directory, loop]);
  const remedy = 'make it a file or directory that this process may read';
  expect(faults).toThrow(SpecError);
  expect(faults).toThrow(`${loop}: it cannot be read (ELOOP): ${remedy}`);
  expect(faults).toThrow(`a.yaml: it cannot be read (EISDIR): ${remedy}`);
  expect(faults).toThrow(/b\.yaml: /);
});

test('no spec at all is a fault too', () => {
  expect(() => loadSemanticIndexes([directoryOf({})])).toThrow(/no SemanticIndex in/);
});
