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
  ownerReferences?: readonly OwnerReference[];
  /** Who manages which field: half of an object's size. */
  managedFields?: unknown;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
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

export const pluralOf = (resource: Resource): string => plurals[resource];

/** The path of all of a kind, of one, or of a part of one such as its status. */
export function pathOf(
  resource: Resource,
  namespace: string,
  name?: string,
  part?: 'status',
): string {
  const [apiVersion = ''] = resource.split(' ');
  const root = apiVersion.includes('/') ? '/apis' : '/api';
  const places = [root.slice(1), apiVersion, 'namespaces', namespace, plurals[resource]];
  return `/${[...places, ...(name === undefined ? [] : [name]), ...(part ? [part] : [])].join('/')}`;
}
