import type { Cluster } from './cluster.ts';
import { finalizer } from './desired.ts';
import type { ApiServer } from './kubernetes/api-server.ts';

/**
 * Adds or removes the finalizer, which keeps a deleted SemanticIndex on record until what is its is taken away. Others'
 * stay as they are: a list that changed meanwhile is a conflict, and the next turn tries again.
 */
export async function setFinalizer(
  wish: 'add' | 'remove',
  name: string,
  { api, cluster }: { api: ApiServer; cluster: Cluster },
  signal: AbortSignal,
): Promise<void> {
  const { metadata } = cluster.index(name) ?? {};
  if (metadata === undefined) return;
  const others = (metadata.finalizers ?? []).filter((other) => other !== finalizer);
  const finalizers = wish === 'add' ? [...others, finalizer] : others;
  const { resourceVersion } = metadata;
  const patch = { metadata: { resourceVersion, finalizers } };
  const written = await api.merge('aviary.dev/v1alpha1 SemanticIndex', name, patch, signal);
  // The last one's removal is the object's end, which the stream tells of.
  if (wish === 'add') cluster.learn(written);
}
