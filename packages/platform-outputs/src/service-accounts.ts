export interface ServiceAccount {
  namespace: string;
  name: string;
}

/**
 * Who has an AWS role of its own: infra/ binds each to its role by EKS Pod Identity, and the manifests run their pods
 * under these names. Without its binding a pod has no AWS credentials at all.
 */
export const serviceAccounts = {
  /** Of the Job that prepares the database as the tables' owner. */
  install: { namespace: 'aviary', name: 'install' },
  /** Of pelican, and of Jobs that run the `aviary` command as pelican. */
  pelican: { namespace: 'aviary', name: 'pelican' },
  emu: { namespace: 'aviary', name: 'emu' },
  frontend: { namespace: 'aviary', name: 'frontend' },
  /** Makes and deletes queues, where an operator makes workers for each SemanticIndex. */
  operator: { namespace: 'aviary', name: 'operator' },
  /** Reads the queue's depth, to scale emu by it. */
  kedaOperator: { namespace: 'keda', name: 'keda-operator' },
  /** Reads the secrets that PlatformOutputs names. */
  externalSecrets: { namespace: 'external-secrets', name: 'external-secrets' },
} as const satisfies Record<string, ServiceAccount>;
