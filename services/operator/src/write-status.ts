import type { SemanticIndexStatus } from '@aviary/semantic-index';
import type { ApiServer } from './kubernetes/api-server.ts';
import type { KubernetesObject } from './kubernetes/resources.ts';

/** Writes the status, and nothing else of the resource: what it had, and this has not, goes. */
export function writeStatus(
  api: ApiServer,
  name: string,
  status: SemanticIndexStatus,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  return api.apply(
    {
      apiVersion: 'aviary.dev/v1alpha1',
      kind: 'SemanticIndex',
      metadata: { name },
      status,
    },
    signal,
    'Status',
  );
}
