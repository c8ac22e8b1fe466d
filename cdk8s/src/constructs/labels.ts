import { k8s } from 'cdk8s-plus-28';

const partOf = 'app.kubernetes.io/part-of';
const nameOf = 'app.kubernetes.io/name';

/** What tells a workload's pods from all others; a Deployment's selector can't change, so neither may these. */
export function selectorOf(name: string): Record<string, string> {
  return { [nameOf]: name, [partOf]: 'aviary' };
}

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
