import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { ChartProps } from '../src/charts/chart-props.ts';
import { readEnvironment } from '../src/environment/read-environment.ts';
import { choosePlatform } from '../src/platform/choose-platform.ts';
import { synthesise, type Manifests } from '../src/synthesise.ts';

const examples = join(import.meta.dirname, '../examples');

export const environmentNames = ['kind', 'prod'] as const;
export type EnvironmentName = (typeof environmentNames)[number];

/** Those, and the same with an operator in place of fixed workers. */
export const variantNames = [...environmentNames, 'operator', 'prod-operator'] as const;
type VariantName = (typeof variantNames)[number];

/** What each is made of, prod of the example's outputs and sign-in. */
export function propsOf(name: VariantName): ChartProps {
  const isProd = name === 'prod' || name === 'prod-operator';
  const overrides = {
    kind: [],
    prod: ['sign-in.yaml'],
    operator: ['operator.yaml'],
    'prod-operator': ['sign-in.yaml', 'operator.yaml'],
  }[name];
  const environment = readEnvironment(
    isProd ? 'prod' : 'kind',
    overrides.map((file) => join(examples, file)),
  );
  const outputs = isProd ? join(examples, 'outputs.json') : undefined;
  return { environment, platform: choosePlatform(environment, outputs) };
}

export const manifestsOf = (name: VariantName): Manifests => synthesise(propsOf(name));

/** Those of which golden/ has a copy: the definition of SemanticIndexes is committed where it is generated. */
export const goldenOf = (name: VariantName): Manifests =>
  new Map([...manifestsOf(name)].filter(([file]) => file !== '00-crd'));

const labels = z.record(z.string(), z.string());

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).optional(),
  env: z.array(
    z.strictObject({
      name: z.string(),
      value: z.string().optional(),
      valueFrom: z
        .strictObject({ secretKeyRef: z.strictObject({ name: z.string(), key: z.string() }) })
        .optional(),
    }),
  ),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })).default([]),
  resources: z.strictObject({ requests: labels, limits: labels }),
  startupProbe: z.unknown().optional(),
  readinessProbe: z.unknown().optional(),
  livenessProbe: z.unknown().optional(),
  lifecycle: z
    .strictObject({
      preStop: z.strictObject({ exec: z.strictObject({ command: z.array(z.string()) }) }),
    })
    .optional(),
});

const podSchema = z.looseObject({
  serviceAccountName: z.string(),
  terminationGracePeriodSeconds: z.number(),
  topologySpreadConstraints: z.array(z.looseObject({ topologyKey: z.string() })).default([]),
  containers: z.array(containerSchema),
  volumes: z.array(
    z.looseObject({
      name: z.string(),
      configMap: z
        .strictObject({ name: z.string(), optional: z.literal(true).optional() })
        .optional(),
      secret: z.strictObject({ secretName: z.string() }).optional(),
    }),
  ),
});
type Pod = z.infer<typeof podSchema>;

const templateSchema = z.object({ metadata: z.looseObject({ labels }), spec: podSchema });

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: labels.optional(),
  }),
  spec: z.record(z.string(), z.unknown()).optional(),
});
export type KubernetesObject = z.infer<typeof objectSchema>;

const synthesised = new Map<VariantName, KubernetesObject[]>();

/** All of them; made once, and not to be changed. */
export function objectsOf(name: VariantName): readonly KubernetesObject[] {
  const objects =
    synthesised.get(name) ??
    [...manifestsOf(name).values()].flatMap((yaml) =>
      parseAllDocuments(yaml).map((document) => objectSchema.parse(document.toJS())),
    );
  synthesised.set(name, objects);
  return objects;
}

interface PodOwner {
  readonly kind: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: Pod;
}

/** Everything that makes pods. */
export function podOwnersIn(objects: readonly KubernetesObject[]): PodOwner[] {
  return objects.flatMap(({ kind, metadata: { name }, spec = {} }) => {
    const job = kind === 'CronJob' ? (spec.jobTemplate as { spec: typeof spec }).spec : spec;
    if (job.template === undefined || !['Deployment', 'Job', 'CronJob'].includes(kind)) return [];
    const { metadata, spec: pod } = templateSchema.parse(job.template);
    return [{ kind, name, labels: metadata.labels, pod }];
  });
}

export const ofKind = (objects: readonly KubernetesObject[], kind: string) =>
  objects.filter((object) => object.kind === kind);
