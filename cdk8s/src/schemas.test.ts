import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, test } from 'vitest';
import { objectsOf, variantNames, type KubernetesObject } from '../testing/manifests.ts';

const withoutSchema = [
  // AWS publishes none.
  'eks.amazonaws.com/v1/IngressClassParams',
  // Tested where it is made, on an API server too.
  'apiextensions.k8s.io/v1/CustomResourceDefinition',
];

const schemas = JSON.parse(
  readFileSync(join(import.meta.dirname, '../schemas/schemas.json'), 'utf8'),
) as { kinds: Record<string, object>; definitions: Record<string, object> };

const ajv = new Ajv({ strict: false, allErrors: true });
const validators = new Map<string, ValidateFunction>();

function faultsOf(object: unknown): string[] {
  const { apiVersion, kind } = object as KubernetesObject;
  const type = `${apiVersion}/${kind}`;
  const schema = schemas.kinds[type];
  if (schema === undefined) {
    throw new Error(`There is no schema of ${type}: name it in schemas/renew.ts, and run that.`);
  }
  const { definitions } = schemas;
  const validate = validators.get(type) ?? ajv.compile({ ...schema, definitions });
  validators.set(type, validate);
  if (validate(object)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

describe.each(variantNames)('%s', (environment) => {
  const objects = objectsOf(environment).map((object) => [
    object.kind,
    object.metadata.name,
    object,
  ]);
  test.each(objects)('%s %s is as its schema has it', (_kind, _name, object) => {
    const { apiVersion, kind } = object as KubernetesObject;
    if (withoutSchema.includes(`${apiVersion}/${kind}`)) return;
    expect(faultsOf(object)).toEqual([]);
  });
});

test('the schemas refuse what an API server would', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x' },
    spec: {
      replicas: '2',
      selector: {},
      template: { spec: { containers: [{ name: 'x', imagePullPolice: 'Never' }] } },
    },
  };
  expect(faultsOf(deployment).join('\n')).toMatch(/\/spec\/replicas must be integer/);
  expect(faultsOf(deployment).join('\n')).toContain('imagePullPolice');
  const scaledObject = {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'x', finalizer: [] },
    spec: { scaleTargetRef: { name: 'x' }, minReplicas: 0, fallback: { behavior: 'none' } },
  };
  const faults = faultsOf(scaledObject).join('\n');
  expect(faults).toContain('finalizer');
  expect(faults).toContain('minReplicas');
  expect(faults).toMatch(/\/spec\/fallback\/behavior must be equal to one of/);
  expect(faults).toContain('"triggers"');
});
