import { k8s } from 'cdk8s-plus-28';

const partOf = 'app.kubernetes.io/part-of';
const nameOf = 'app.kubernetes.io/name';
/** The set of workers that a pod is in, where there are sets. */
export const instanceOf = 'app.kubernetes.io/instance';

/**
 * What tells a workload's pods from all others, or those of one set of workers; a Deployment's selector can't change,
 * so neither may these. Without a set they are those of all sets.
 */
export function selectorOf(name: string, set?: string): Record<string, string> {
  return { [nameOf]: name, ...(set !== undefined && { [instanceOf]: set }), [partOf]: 'aviary' };
}

/** Of a workload's objects: its own name, in a set of workers with that of the set behind it. */
export const objectName = (name: string, set?: string): string =>
  set === undefined ? name : `${name}-${set}`;

/** Objects in a namespace, by workload's name. */
export function podsOf(...names: string[]): k8s.NetworkPolicyPeer {
  return {
    podSelector: {
      matchLabels: { [partOf]: 'aviary' },
      matchExpressions: [{ key: nameOf, operator: 'In', values: names }],
    },
  };
}

export function podsInNamespace(namespace: string): k8s.NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
}
