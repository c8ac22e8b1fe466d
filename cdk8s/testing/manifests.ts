import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readEnvironment } from '../src/environment/read-environment.ts';
import { choosePlatform } from '../src/platform/choose-platform.ts';
import { synthesise, type Manifests } from '../src/synthesise.ts';

const examples = join(import.meta.dirname, '../examples');

export const environmentNames = ['kind', 'prod'] as const;
export type EnvironmentName = (typeof environmentNames)[number];

/** The environment's manifests, prod's with the example's outputs and sign-in. */
export function manifestsOf(name: EnvironmentName): Manifests {
  const isProd = name === 'prod';
  const environment = readEnvironment(name, isProd ? [join(examples, 'sign-in.yaml')] : []);
  const platform = choosePlatform(environment, isProd ? join(examples, 'outputs.json') : undefined);
  return synthesise({ environment, platform });
}

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
      configMap: z.strictObject({ name: z.string() }).optional(),
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

const synthesised = new Map<EnvironmentName, KubernetesObject[]>();

/** All of them; made once, and not to be changed. */
export function objectsOf(name: EnvironmentName): readonly KubernetesObject[] {
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
