import { capturedAsAnnotation, toSemanticIndex } from '@aviary/semantic-index';
import { parse, stringify } from 'yaml';
import type { ApiServer } from './kubernetes/api-server.ts';
import { hasStatus } from './kubernetes/failure.ts';
import type { KubernetesObject } from './kubernetes/resources.ts';
import { readersName } from './kubernetes/rights.ts';
import type { ReadersEntry } from './observed.ts';

/** Nobody else writes it, so it is looked at only now and then, in milliseconds. */
const readEveryMs = 15_000;
/** From a failure until it is asked for again, by whichever SemanticIndex comes then. */
const retryMs = 2_000;

/** The ConfigMap that says what can be searched, and where: a file for each SemanticIndex. */
export class Readers {
  readonly #api: ApiServer;
  #files: Readonly<Record<string, string>> = {};
  #readAgainAt = -Infinity;
  /** The one that goes on, or the last where it failed. */
  #read: Promise<void> | undefined;

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /** Reads it, unless that was done, or has failed, just now. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (performance.now() >= this.#readAgainAt) {
      this.#readAgainAt = Infinity;
      this.#read = this.#api
        .get('v1 ConfigMap', readersName, signal)
        .then((found) => this.#learn(found))
        .catch((error: unknown) => {
          this.#readAgainAt = performance.now() + retryMs;
          throw error;
        });
    }
    await this.#read;
  }

  /** @returns undefined where there is none, or none that can be read */
  entry(name: string): ReadersEntry | undefined {
    const file = this.#files[fileOf(name)];
    if (file === undefined) return undefined;
    try {
      const { capturedAs: source = name, ...index } = toSemanticIndex(parse(file));
      return { index, source };
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
    this.#readAgainAt = performance.now() + readEveryMs;
    this.#read = undefined;
  }
}

const fileOf = (name: string) => `${name}.yaml`;

function textOf(name: string, { index: { name: _, ...spec }, source }: ReadersEntry): string {
  return stringify({
    apiVersion: 'aviary.dev/v1alpha1',
    kind: 'SemanticIndex',
    metadata: { name, annotations: { [capturedAsAnnotation]: source } },
    spec,
  });
}
