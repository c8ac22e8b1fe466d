import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { semanticIndexSchema } from '@aviary/semantic-index';
import { describe, expect, test } from 'vitest';
import {
  changed,
  faultyEdits,
  faultySpecs,
  validChanges,
  validDocument,
  validEdits,
} from '../testing/faulty-specs.ts';
import { resource } from './crd.ts';
import { generatedFiles } from './generated.ts';
import type { StructuralSchema } from './structural.ts';

describe('what is generated', async () => {
  test.each([...(await generatedFiles())])('%s is up to date: else `make crd`', (file, content) => {
    expect(readFileSync(file, 'utf8'), relative('.', file)).toBe(content);
  });
});

/** Keywords of a structural schema: neither unions nor references are among them. */
const keywords = [
  ...['type', 'description', 'format', 'default', 'enum', 'properties', 'required', 'items'],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
  ...['x-kubernetes-validations', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys'],
];

function* fields(schema: StructuralSchema, path: string): Generator<[string, StructuralSchema]> {
  yield [path, schema];
  if (schema.items) yield* fields(schema.items, `${path}[]`);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    yield* fields(field, `${path}.${name}`);
  }
}

const all = [...fields(resource, '')];

describe('the schema is structural', () => {
  test.each(all)('%s', (path, schema) => {
    expect(keywords).toEqual(expect.arrayContaining(Object.keys(schema)));
    expect(schema.type).toBeTypeOf('string');
    if (schema.type === 'array') expect(schema.items).toBeDefined();
    // Else the cost of rules could not be bounded, and the API server would refuse them.
    if (path.startsWith('.spec')) {
      if (schema.type === 'array') expect(schema.maxItems).toBeTypeOf('number');
      if (schema.type === 'string' && !schema.enum) expect(schema.maxLength).toBeTypeOf('number');
    }
  });

  test.each(all.filter(([path]) => /^\.(spec|status)\.[^[]+$/.test(path)))(
    '%s has its docstring',
    (_, { description }) => expect(description).toMatch(/\w.*\.$/),
  );
});

describe('zod', () => {
  test.each(validChanges)('takes the valid one %#', (changes) => {
    expect(semanticIndexSchema.safeParse(changed(validDocument, changes)).error).toBeUndefined();
  });

  test.each([...validEdits, ...faultyEdits.map(({ changes }) => changes)])(
    'does not know what was before: edit %#',
    (changes) => {
      expect(semanticIndexSchema.safeParse(changed(validDocument, changes)).error).toBeUndefined();
    },
  );

  test.each(faultySpecs)('refuses $fault', ({ changes, at, says }) => {
    const { error } = semanticIndexSchema.safeParse(changed(validDocument, changes));
    const told = error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join();
    // An unknown field is told of by its parent.
    expect(told).toContain(at.split('.').slice(0, -1).join('.'));
    expect(told).toMatch(says);
  });
});
