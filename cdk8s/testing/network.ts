import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';
import { ofKind, type KubernetesObject } from './manifests.ts';

/**
 * NetworkPolicies as a network plugin reads them: a stream is let through when a policy of its sender lets it out and
 * one of its receiver lets it in. Who is outside the namespace has no policies here.
 */

const selectorSchema = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(
      z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }),
    )
    .default([]),
});
type Selector = z.infer<typeof selectorSchema>;

const peerSchema = z.strictObject({
  podSelector: selectorSchema.optional(),
  namespaceSelector: selectorSchema.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
type Peer = z.infer<typeof peerSchema>;

const portsSchema = z.array(z.strictObject({ port: z.number(), protocol: z.enum(['TCP', 'UDP']) }));

const policySchema = z.strictObject({
  podSelector: selectorSchema,
  policyTypes: z.tuple([z.literal('Ingress'), z.literal('Egress')]),
  ingress: z
    .array(z.strictObject({ from: z.array(peerSchema).optional(), ports: portsSchema }))
    .default([]),
  egress: z
    .array(z.strictObject({ to: z.array(peerSchema).optional(), ports: portsSchema }))
    .default([]),
});

/** A pod of the namespace, any pod of another one, or an address outside the cluster. */
export type End =
  | { readonly labels: Readonly<Record<string, string>> }
  | { readonly namespace: string }
  | { readonly address: string };

export interface Stream {
  readonly from: End;
  readonly to: End;
  readonly port: number;
  readonly protocol?: 'TCP' | 'UDP';
}

export function isLetThrough(
  objects: readonly KubernetesObject[],
  { from, to, port, protocol = 'TCP' }: Stream,
): boolean {
  const policies = ofKind(objects, 'NetworkPolicy').map(({ spec }) => policySchema.parse(spec));
  const policiesOf = (end: End) =>
    'labels' in end
      ? policies.filter(({ podSelector }) => selects(podSelector, end.labels))
      : undefined;
  const fits = (ports: z.infer<typeof portsSchema>, peers: Peer[] | undefined, end: End) =>
    ports.some((one) => one.port === port && one.protocol === protocol) &&
    (peers === undefined || peers.some((peer) => isPeer(peer, end)));
  const isLetOut = policiesOf(from)?.some(({ egress }) =>
    egress.some((rule) => fits(rule.ports, rule.to, to)),
  );
  const isLetIn = policiesOf(to)?.some(({ ingress }) =>
    ingress.some((rule) => fits(rule.ports, rule.from, from)),
  );
  return (isLetOut ?? true) && (isLetIn ?? true);
}

function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, end: End): boolean {
  if (ipBlock !== undefined) {
    return (
      'address' in end &&
      isWithin([ipBlock.cidr], end.address) &&
      !isWithin(ipBlock.except, end.address)
    );
  }
  if ('labels' in end)
    return (
      namespaceSelector === undefined &&
      podSelector !== undefined &&
      selects(podSelector, end.labels)
    );
  return (
    'namespace' in end &&
    namespaceSelector !== undefined &&
    selects(namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace })
  );
}

function selects({ matchLabels, matchExpressions }: Selector, labels: Record<string, string>) {
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  );
}

function isWithin(cidrs: readonly string[], address: string): boolean {
  const blocks = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    blocks.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return blocks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
