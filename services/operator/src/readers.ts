import { toSemanticIndex } from '@aviary/semantic-index';
import { parse, stringify } from 'yaml';
import type { ApiServer } from './kubernetes/api-server.ts';
import { hasStatus } from './kubernetes/failure.ts';
import type { KubernetesObject } from './kubernetes/resources.ts';
import { readersName } from './kubernetes/rights.ts';
import type { ReadersEntry } from './observed.ts';

/** On an entry: what its active generation is called in Postgres, jobs and metrics. */
const sourceAnnotation = 'aviary.dev/source';
/** Nobody else writes it, so it is looked at only now and then, in milliseconds. */
const readEveryMs = 15_000;

/** The ConfigMap that says what can be searched, and where: a file for each SemanticIndex. */
export class Readers {
  readonly #api: ApiServer;
  #files: Readonly<Record<string, string>> = {};
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /** Reads it, unless that was done just now. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#readAt < readEveryMs) return;
    this.#reading ??= this.#api
      .get('v1 ConfigMap', readersName, signal)
      .then((found) => this.#learn(found))
      .finally(() => (this.#reading = undefined));
    await this.#reading;
  }

  /** @returns undefined where there is none, or none that can be read */
  entry(name: string): ReadersEntry | undefined {
    const file = this.#files[fileOf(name)];
    if (file === undefined) return undefined;
    try {
      const document = parse(file) as { metadata?: { annotations?: Record<string, string> } };
      const index = toSemanticIndex(document);
      return { index, source: document.metadata?.annotations?.[sourceAnnotation] ?? name };
    } catch {
      return undefined;
    }
  }

  async write(name: string, entry: ReadersEntry | undefined, signal: AbortSignal): Promise<void> {
    const patch = { data: { [fileOf(name)]: entry === undefined ? null : textOf(name, entry) } };
    try {
      this.#learn(await this.#api.merge('v1 ConfigMap', readersName, patch, signal));
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      if (entry === undefined) return;
      const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: readersName } };
      this.#learn(
        await this.#api.create({ ...made, data: { [fileOf(name)]: textOf(name, entry) } }, signal),
      );
    }
  }

  #learn(found: KubernetesObject | undefined): void {
    this.#files = found?.data ?? {};
    this.#readAt = performance.now();
  }
}

const fileOf = (name: string) => `${name}.yaml`;

function textOf(name: string, { index: { name: _, ...spec }, source }: ReadersEntry): string {
  return stringify({
    apiVersion: 'aviary.dev/v1alpha1',
    kind: 'SemanticIndex',
    metadata: { name, annotations: { [sourceAnnotation]: source } },
    spec,
  });
}
