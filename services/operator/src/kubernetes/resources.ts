import type { V1OwnerReference } from '@kubernetes/client-node';

/** An object as the API server has it. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMetadata;
  spec?: unknown;
  status?: unknown;
  data?: Readonly<Record<string, string>>;
}

export interface ObjectMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  /** Counts changes of the spec; absent in kinds that have none. */
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  finalizers?: readonly string[];
  ownerReferences?: readonly V1OwnerReference[];
  /** Who manages which field: half of an object's size. */
  managedFields?: unknown;
}

/** What the API server calls the kinds that this operator knows; it asks for no other. */
const plurals = {
  'v1 ConfigMap': 'configmaps',
  'v1 Event': 'events',
  'v1 Pod': 'pods',
  'v1 Service': 'services',
  'apps/v1 Deployment': 'deployments',
  'batch/v1 Job': 'jobs',
  'batch/v1 CronJob': 'cronjobs',
  'policy/v1 PodDisruptionBudget': 'poddisruptionbudgets',
  'coordination.k8s.io/v1 Lease': 'leases',
  'keda.sh/v1alpha1 ScaledObject': 'scaledobjects',
  'keda.sh/v1alpha1 TriggerAuthentication': 'triggerauthentications',
  'aviary.dev/v1alpha1 SemanticIndex': 'semanticindexes',
} as const;

export type Resource = keyof typeof plurals;

/** @throws Error for a kind that the operator does not know. */
export function resourceOf({ apiVersion, kind }: { apiVersion: string; kind: string }): Resource {
  const resource = `${apiVersion} ${kind}`;
  if (resource in plurals) return resource as Resource;
  throw new Error(
    `The operator has no rights to ${resource}: add it to resources.ts and its role.`,
  );
}

/** What the API server's paths call a kind. The core's group is empty. */
export function placeOf(resource: Resource) {
  const [apiVersion = ''] = resource.split(' ');
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return { group, version, plural: plurals[resource] };
}
