import type { Cluster } from './cluster.ts';
import type { ApiServer } from './kubernetes/api-server.ts';
import type { KubernetesObject } from './kubernetes/resources.ts';

/** Applies objects, and tells of each whether somebody has changed it since. */
export class Applier {
  readonly #api: ApiServer;
  readonly #cluster: Cluster;
  /** What each was like behind the last apply, by uid. */
  readonly #applied = new Map<string, string>();

  constructor(api: ApiServer, cluster: Cluster) {
    this.#api = api;
    this.#cluster = cluster;
  }

  async apply(wanted: KubernetesObject, signal: AbortSignal): Promise<void> {
    const applied = await this.#api.apply(wanted, signal);
    this.#cluster.learn(applied);
    this.#applied.set(applied.metadata.uid ?? '', stateOf(applied));
  }

  /** Of what another process applied nothing is known: its mark counts. */
  isTouched(object: KubernetesObject): boolean {
    const applied = this.#applied.get(object.metadata.uid ?? '');
    return applied !== undefined && applied !== stateOf(object);
  }

  forget({ metadata }: KubernetesObject): void {
    this.#applied.delete(metadata.uid ?? '');
  }
}

/** Changes whenever somebody changes what an object is to be. */
function stateOf({ metadata, data }: KubernetesObject): string {
  return JSON.stringify([metadata.generation ?? data, metadata.labels, metadata.ownerReferences]);
}
