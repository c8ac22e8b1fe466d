import { describe, expect, test } from 'vitest';
import { semanticIndexSchema, toSemanticIndex } from './schema.ts';

const valid = {
  apiVersion: 'aviary.dev/v1alpha1',
  kind: 'SemanticIndex',
  metadata: { name: 'products' },
  spec: {
    source: { table: 'products', text: '{{name}}' },
    embedding: { model: 'text-embedding-3-small', dimensions: 384 },
    target: { index: 'aviary', namespace: 'products' },
  },
};

const faultsOf = (document: unknown) =>
  (semanticIndexSchema.safeParse(document).error?.issues ?? []).map(
    (issue) => `${issue.path.join('.')}: ${issue.message}`,
  );

describe('a SemanticIndex', () => {
  test('is flattened, with what may be left out filled in', () => {
    expect(toSemanticIndex(valid)).toEqual({
      name: 'products',
      source: { schema: 'public', table: 'products', text: '{{name}}', metadata: [] },
      embedding: { model: 'text-embedding-3-small', dimensions: 384 },
      target: { index: 'aviary', namespace: 'products', metric: 'cosine' },
    });
  });

  test('reports all its faults at once', () => {
    const faults = faultsOf({
      apiVersion: 'v2',
      kind: 'SemanticIndex',
      metadata: { name: 'Products!' },
      spec: {
        source: {
          table: 'x'.repeat(64),
          text: 'nothing',
          metadata: ['aviary_hash'],
          key: [],
          keywords: { language: 'English (US)' },
        },
        embedding: { model: '', dimensions: 0 },
        target: { index: 'aviary', metric: 'manhattan' },
      },
    });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      'apiVersion',
      'metadata.name',
      'spec.source.table',
      'spec.source.key',
      'spec.source.text',
      'spec.source.metadata.0',
      'spec.source.keywords.language',
      'spec.embedding.model',
      'spec.embedding.dimensions',
      'spec.target.namespace',
      'spec.target.metric',
    ]);
  });

  test.each([
    ['at the top', { ...valid, colour: 'red' }],
    ['in metadata', { ...valid, metadata: { name: 'products', colour: 'red' } }],
    ['in spec', { ...valid, spec: { ...valid.spec, colour: 'red' } }],
    [
      'in source',
      { ...valid, spec: { ...valid.spec, source: { ...valid.spec.source, colour: 'red' } } },
    ],
  ])('refuses an unknown field %s, by its name', (_, document) => {
    expect(faultsOf(document).join()).toContain('"colour"');
  });

  test.each(['x'.repeat(64), 'é'.repeat(32), '🦤'.repeat(16)])(
    'refuses a name that Postgres would cut: %s',
    (table) => {
      const source = { ...valid.spec.source, table };
      expect(faultsOf({ ...valid, spec: { ...valid.spec, source } })).toEqual([
        'spec.source.table: is longer than 63 bytes, the most Postgres keeps of a name',
      ]);
    },
  );

  test('refuses a name with a NUL character, which Postgres has not', () => {
    const source = { ...valid.spec.source, table: 'a\0b' };
    expect(faultsOf({ ...valid, spec: { ...valid.spec, source } })).toEqual([
      'spec.source.table: holds a NUL character',
    ]);
  });

  test.each([null, 7, 'text', []])('is not %j', (document) => {
    expect(faultsOf(document)).toHaveLength(1);
  });
});
