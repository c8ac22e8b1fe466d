import { TextDecoderStream, type ReadableStream } from 'node:stream/web';
import { RetryableError, sleep, type Logger } from '@aviary/runtime';
import type { ApiServer } from './api-server.ts';
import { ApiFailure } from './failure.ts';
import type { KubernetesObject, Resource } from './resources.ts';

/*
 *            list                  the stream ends
 *   empty ─────────► watching ◄──────────────────────── from the last version
 *             ▲          │  410 Gone, silence, or the cycle is over
 *             └──────────┘
 */

export interface WatchedListOptions {
  api: ApiServer;
  resource: Resource;
  /** A selector; empty for all. */
  labels: string;
  /** Told of each object that is new, changed or gone, as it was last known. */
  onChange: (now: KubernetesObject | undefined, before: KubernetesObject | undefined) => void;
  /** Told of each list that succeeded. */
  onListed: () => void;
  logger: Logger;
  /** Until everything is listed anew, whatever the stream said, in milliseconds: from half of it to all of it. */
  relistMs?: number;
  /** After which a stream that says nothing is given up: servers send a bookmark each minute. */
  silenceMs?: number;
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubernetesObject & { code?: number; message?: string };
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** What there is of a kind, kept by a list and a stream of changes: level-triggered, so that a lost event costs time alone. */
export class WatchedList {
  readonly #options: WatchedListOptions;
  readonly #relistMs: number;
  readonly #silenceMs: number;
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #listed = Promise.withResolvers<undefined>();
  #resourceVersion = '';

  constructor(options: WatchedListOptions) {
    this.#options = options;
    this.#relistMs = options.relistMs ?? 600_000;
    this.#silenceMs = options.silenceMs ?? 150_000;
  }

  /** Resolves with the first list. */
  get listed(): Promise<unknown> {
    return this.#listed.promise;
  }

  get(name: string): KubernetesObject | undefined {
    return this.#objects.get(name);
  }

  all(): IterableIterator<KubernetesObject> {
    return this.#objects.values();
  }

  /** Takes what a write was answered with, so that the next look sees it already. A newer one may be known by then. */
  learn(object: KubernetesObject): void {
    const known = this.#objects.get(object.metadata.name);
    if (known === undefined || versionOf(known) < versionOf(object)) this.#take(object);
  }

  /** Keeps it until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { resource, logger } = this.#options;
    for (let pauseMs = firstPauseMs; !signal.aborted;) {
      try {
        await this.#list(signal);
        pauseMs = firstPauseMs;
        await this.#watchUntil(Date.now() + this.#relistMs * (0.5 + Math.random() / 2), signal);
      } catch (error) {
        if (isOver(signal)) return;
        if (!(error instanceof RetryableError)) throw error;
        logger.warn({ event: 'list_failed', resource, reason: error.message });
        await sleep(
          Math.max(pauseMs * (0.5 + Math.random() / 2), error.retryAfterMs ?? 0),
          signal,
        ).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { api, resource, labels, onListed } = this.#options;
    const { items, resourceVersion } = await api.list(resource, labels, signal);
    this.#resourceVersion = resourceVersion;
    const names = new Set(items.map(({ metadata }) => metadata.name));
    for (const item of items) this.#take(item);
    for (const name of this.#objects.keys()) if (!names.has(name)) this.#remove(name);
    onListed();
    this.#listed.resolve(undefined);
  }

  async #watchUntil(endsAt: number, signal: AbortSignal): Promise<void> {
    const { resource, logger } = this.#options;
    for (let pauseMs = firstPauseMs; Date.now() < endsAt;) {
      const startedAt = Date.now();
      try {
        await this.#watch(Math.max(1, Math.ceil((endsAt - startedAt) / 1_000)), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ApiFailure)) throw error;
        if (error.status === 410) {
          logger.info({ event: 'watch_gone', resource });
          return;
        }
        logger.warn({ event: 'watch_failed', resource, reason: error.message });
      }
      // One that held for a while was well.
      pauseMs =
        Date.now() - startedAt > 10_000 ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
      if (Date.now() < endsAt) await sleep(pauseMs * (0.5 + Math.random() / 2), signal);
    }
  }

  /** Follows one stream to its end. */
  async #watch(timeoutSeconds: number, signal: AbortSignal): Promise<void> {
    const { api, resource, labels } = this.#options;
    const silent = new AbortController();
    const timer = setTimeout(() => {
      silent.abort(new Error(`nothing was heard for ${this.#silenceMs} ms`));
    }, this.#silenceMs);
    const ends = AbortSignal.any([signal, silent.signal]);
    try {
      const from = {
        labelSelector: labels,
        resourceVersion: this.#resourceVersion,
        timeoutSeconds,
      };
      for await (const line of linesOf(await api.watch(resource, from, ends))) {
        timer.refresh();
        if (line !== '') this.#heard(JSON.parse(line) as WatchEvent);
      }
      ends.throwIfAborted();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiFailure) throw error;
      throw new ApiFailure(`The watch of ${resource} ended: ${String(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
      silent.abort();
    }
  }

  #heard({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      const { code = 500, message = 'no reason given' } = object;
      throw new ApiFailure(`The watch of ${this.#options.resource}: ${message}`, { status: code });
    }
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.#remove(object.metadata.name, object);
    else this.#take(object);
  }

  #take(object: KubernetesObject): void {
    const { name, resourceVersion } = object.metadata;
    const before = this.#objects.get(name);
    if (before?.metadata.resourceVersion === resourceVersion) return;
    const now = slim(object);
    this.#objects.set(name, now);
    this.#options.onChange(now, before);
  }

  #remove(name: string, last?: KubernetesObject): void {
    const before = this.#objects.get(name) ?? last;
    this.#objects.delete(name);
    this.#options.onChange(undefined, before);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncIterable<string> {
  let begun = '';
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (begun + text).split('\n');
    begun = lines.pop() ?? '';
    yield* lines;
  }
}

/** Who manages which field is half of an object's size, and of no use here. */
function slim(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}

/** Versions are to be compared for equality alone, but for this: a wrong guess is set right by the stream. */
const versionOf = ({ metadata }: KubernetesObject) => Number(metadata.resourceVersion ?? 0);

/** Also where it looks settled: it aborts while something is awaited. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;
