import { placeOf, type Resource } from './resources.ts';

type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** What may be done with objects of some kinds, or with those of some names. */
interface Right {
  readonly resources: readonly Resource[];
  readonly verbs: readonly Verb[];
  readonly part?: 'status';
  readonly names?: readonly string[];
}

/** A rule of a Role. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

/** The Lease by which one operator leads. */
export const leaseName = 'aviary-operator';

/** The ConfigMap that tells the frontend of all indexes. */
export const readersName = 'semantic-indexes';

/** What decisions apply. */
export const ownedKinds = [
  'v1 ConfigMap',
  'v1 Service',
  'apps/v1 Deployment',
  'batch/v1 CronJob',
  'batch/v1 Job',
  'policy/v1 PodDisruptionBudget',
  'keda.sh/v1alpha1 ScaledObject',
  'keda.sh/v1alpha1 TriggerAuthentication',
] as const satisfies Resource[];

/**
 * What the operator does, in its own namespace, and so all that it may do: it reads no Secret, and nothing of other
 * namespaces.
 */
export const rights: readonly Right[] = [
  { resources: ['aviary.dev/v1alpha1 SemanticIndex'], verbs: ['list', 'watch', 'patch'] },
  { resources: ['aviary.dev/v1alpha1 SemanticIndex'], part: 'status', verbs: ['patch'] },
  // Server-side apply of what is not there yet takes both.
  { resources: ownedKinds, verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { resources: ['v1 ConfigMap'], names: [readersName], verbs: ['get'] },
  { resources: ['v1 Pod'], verbs: ['list', 'watch'] },
  { resources: ['v1 Event'], verbs: ['create'] },
  { resources: ['coordination.k8s.io/v1 Lease'], verbs: ['create'] },
  {
    resources: ['coordination.k8s.io/v1 Lease'],
    names: [leaseName],
    verbs: ['get', 'update'],
  },
];

/** The rules of the operator's Role. */
export function policyRules(): PolicyRule[] {
  return rights.flatMap(({ resources, verbs, part, names }) =>
    [...Map.groupBy(resources, (resource) => placeOf(resource).group)].map(([group, kinds]) => ({
      apiGroups: [group],
      resources: kinds.map((kind) => placeOf(kind).plural + (part === undefined ? '' : `/${part}`)),
      ...(names && { resourceNames: [...names] }),
      verbs: [...verbs],
    })),
  );
}
