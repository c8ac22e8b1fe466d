import { fileURLToPath } from 'node:url';
import { celRulesOf, semanticIndexSchema, specSchema, statusSchema } from '@aviary/semantic-index';
import { docstringsOf } from './docstrings.ts';
import { structuralSchema, type StructuralSchema } from './structural.ts';

const schemaFile = (name: string) =>
  fileURLToPath(new URL(`./${name}.ts`, import.meta.resolve('@aviary/semantic-index')));

/** What a resource may say, and what the operator answers. */
export const spec = structuralSchema(specSchema, docstringsOf(schemaFile('schema'), 'specSchema'));
export const status = statusOf(
  structuralSchema(statusSchema, docstringsOf(schemaFile('status'), 'statusSchema')),
);

function statusOf(schema: StructuralSchema): StructuralSchema {
  const { conditions, ...others } = schema.properties ?? {};
  if (conditions === undefined) throw new Error('The status has no conditions');
  return {
    ...schema,
    properties: {
      ...others,
      conditions: {
        ...conditions,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      },
    },
  };
}

const column = (name: string, type: string, jsonPath: string, description: string) => ({
  name,
  type,
  description,
  jsonPath,
});

/** Shown with `--output=wide` only. */
const wide = { priority: 1 };

/** `kubectl get semanticindexes`: how things are in a line each. */
const columns = [
  column('State', 'string', '.status.phase', 'What it is about'),
  column(
    'Ready',
    'string',
    '.status.conditions[?(@.type=="Ready")].status',
    'Whether it is searchable and kept in step',
  ),
  column('Progress', 'string', '.status.backfill.progress', 'Of the last backfill'),
  column('Backlog', 'integer', '.status.queue.visible', 'Changes that wait'),
  column('Lag', 'integer', '.status.queue.oldestAgeSeconds', 'Age of the oldest change, seconds'),
  column('Drift', 'integer', '.status.audit.drift', 'Differences at the last audit'),
  column('Age', 'date', '.metadata.creationTimestamp', 'Since it was made'),
  { ...column('Table', 'string', '.spec.source.table', 'What is kept searchable'), ...wide },
  { ...column('Emus', 'integer', '.status.workers.ready', 'Pods that embed'), ...wide },
  { ...column('Namespace', 'string', '.status.activeNamespace', 'What is searched'), ...wide },
  { ...column('Error', 'string', '.status.lastError', 'What went wrong last'), ...wide },
];

/** Of a whole resource. */
export const resource: StructuralSchema = {
  type: 'object',
  description: 'One table of Postgres kept searchable in an index of Pinecone.',
  required: ['metadata', 'spec'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec,
    status,
  },
  'x-kubernetes-validations': [...celRulesOf(semanticIndexSchema)],
};

/** The CustomResourceDefinition. */
export const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'semanticindexes.aviary.dev',
    labels: { 'app.kubernetes.io/part-of': 'aviary' },
  },
  spec: {
    group: 'aviary.dev',
    scope: 'Namespaced',
    names: {
      kind: 'SemanticIndex',
      listKind: 'SemanticIndexList',
      plural: 'semanticindexes',
      singular: 'semanticindex',
      shortNames: ['si'],
      categories: ['aviary'],
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: columns,
        schema: { openAPIV3Schema: resource },
      },
    ],
  },
};
