import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/**
 * Writes schemas.json anew: the schemas of the kinds that the manifests use, out of the releases below, which Go's
 * module proxy serves. Descriptions are left out, and unknown fields are refused, as by an API server that is asked
 * to be strict. Run it after a change of the versions or kinds: node cdk8s/schemas/renew.ts
 */

const kubernetes = {
  module: 'k8s.io/kubernetes@v1.35.4',
  kinds: [
    'io.k8s.api.apps.v1.Deployment',
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
    'io.k8s.api.batch.v1.CronJob',
    'io.k8s.api.batch.v1.Job',
    'io.k8s.api.core.v1.ConfigMap',
    'io.k8s.api.core.v1.Namespace',
    'io.k8s.api.core.v1.Secret',
    'io.k8s.api.core.v1.Service',
    'io.k8s.api.core.v1.ServiceAccount',
    'io.k8s.api.networking.v1.Ingress',
    'io.k8s.api.networking.v1.IngressClass',
    'io.k8s.api.networking.v1.NetworkPolicy',
    'io.k8s.api.policy.v1.PodDisruptionBudget',
    'io.k8s.api.rbac.v1.Role',
    'io.k8s.api.rbac.v1.RoleBinding',
  ],
};

const customResources = [
  {
    module: 'github.com/kedacore/keda/v2@v2.21.0',
    files: [
      'config/crd/bases/keda.sh_scaledobjects.yaml',
      'config/crd/bases/keda.sh_triggerauthentications.yaml',
    ],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    files: ['example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml'],
  },
  {
    module: 'github.com/external-secrets/external-secrets@v1.3.2',
    files: [
      'config/crds/bases/external-secrets.io_externalsecrets.yaml',
      'config/crds/bases/external-secrets.io_secretstores.yaml',
    ],
  },
];

type Schema = Record<string, unknown>;

const customResourceSchema = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(
      z.object({
        name: z.string(),
        served: z.boolean(),
        schema: z.object({ openAPIV3Schema: z.record(z.string(), z.unknown()) }),
      }),
    ),
  }),
});

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const intOrString = { anyOf: [{ type: 'integer' }, { type: 'string' }] };

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a JSON-schema validator understands of it, with unknown fields refused. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (!isSchema(value)) return value;
  if (value['x-kubernetes-int-or-string'] === true || value.format === 'int-or-string') {
    return intOrString;
  }
  const kept = Object.entries(value).filter(
    ([key]) =>
      !['description', 'format', 'default', 'example'].includes(key) && !key.startsWith('x-'),
  );
  const result: Schema = Object.fromEntries(
    kept.map(([key, inner]) => [key, key === 'properties' ? eachStrict(inner) : strict(inner)]),
  );
  const open = value['x-kubernetes-preserve-unknown-fields'] === true;
  if (isSchema(value.properties) && value.additionalProperties === undefined && !open) {
    result.additionalProperties = false;
  }
  return result;
}

/** Properties may have any name, `description` too. */
function eachStrict(properties: unknown): unknown {
  if (!isSchema(properties)) return properties;
  return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, strict(one)]));
}

const workspace = mkdtempSync(join(tmpdir(), 'aviary-schemas-'));
function directoryOf(module: string): string {
  const answer = execFileSync('go', ['mod', 'download', '-json', module], {
    cwd: workspace,
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  return z.object({ Dir: z.string() }).parse(JSON.parse(answer)).Dir;
}

const definitions: Record<string, unknown> = {};
/** By apiVersion and kind. */
const kinds: Record<string, unknown> = {};

try {
  const swagger = z
    .object({ definitions: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(
      JSON.parse(
        readFileSync(join(directoryOf(kubernetes.module), 'api/openapi-spec/swagger.json'), 'utf8'),
      ),
    );
  const take = (name: string): void => {
    if (name in definitions) return;
    definitions[name] = strict(swagger.definitions[name]);
    const referenced = JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/([^"]+)"/g);
    for (const [, reference] of referenced) if (reference !== undefined) take(reference);
  };
  for (const name of [...kubernetes.kinds, objectMeta]) {
    take(name);
    const [, group = '', version, kind] = /\.([^.]+)\.(v[^.]+)\.([^.]+)$/.exec(name) ?? [];
    const named = z
      .array(z.object({ group: z.string(), version: z.string(), kind: z.string() }))
      .optional()
      .parse(swagger.definitions[name]?.['x-kubernetes-group-version-kind'])
      ?.find((one) => one.kind === kind && one.version === version);
    if (named === undefined) continue;
    const prefix = group === 'core' ? '' : `${named.group}/`;
    kinds[`${prefix}${named.version}/${named.kind}`] = { $ref: `#/definitions/${name}` };
  }
  for (const { module, files } of customResources) {
    for (const file of files) {
      const { spec } = customResourceSchema.parse(
        parse(readFileSync(join(directoryOf(module), file), 'utf8')),
      );
      for (const version of spec.versions.filter(({ served }) => served)) {
        const schema = strict(version.schema.openAPIV3Schema) as Schema;
        kinds[`${spec.group}/${version.name}/${spec.names.kind}`] = {
          ...schema,
          properties: {
            ...(schema.properties as Schema),
            metadata: { $ref: `#/definitions/${objectMeta}` },
          },
        };
      }
    }
  }
  writeFileSync(
    join(import.meta.dirname, 'schemas.json'),
    `${JSON.stringify({ kinds, definitions })}\n`,
  );
} finally {
  rmSync(workspace, { recursive: true });
}
