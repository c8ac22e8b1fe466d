import { QueryBatches, type AskedQuery, type EmbedTexts } from './query-batches.ts';

/** A query that is being embedded, and how many wait for it. */
interface Pending extends AskedQuery {
  askers: number;
}

/**
 * Vectors of queries asked before, least recently used ones forgotten. Those who ask the same at once share one
 * embedding, and those who ask at once share a request; a failure is theirs alike and not kept.
 */
export class QueryVectors {
  readonly #batches: QueryBatches;
  readonly #capacity: number;
  readonly #known = new Map<string, Float32Array>();
  readonly #pending = new Map<string, Pending>();

  constructor(embed: EmbedTexts, onBatch: (queries: number) => void, capacity = 1_000) {
    this.#batches = new QueryBatches(embed, onBatch);
    this.#capacity = capacity;
  }

  /** The vector, if it is there. */
  known(query: string): Float32Array | undefined {
    const vector = this.#known.get(query);
    if (vector === undefined) return undefined;
    // A map keeps the order of insertion: the first is the one unused for longest.
    this.#known.delete(query);
    this.#known.set(query, vector);
    return vector;
  }

  /**
   * @param signal ends this asker's wait alone; a query that nobody waits for is not sent
   * @throws the signal's reason, or what embedding threw.
   */
  async get(query: string, signal: AbortSignal): Promise<Float32Array> {
    signal.throwIfAborted();
    const known = this.known(query);
    if (known !== undefined) return known;
    const pending = this.#pending.get(query) ?? this.#ask(query);
    pending.askers += 1;
    const left = Promise.withResolvers<never>();
    const leave = () => {
      pending.askers -= 1;
      if (pending.askers === 0 && pending.takeBack()) this.#pending.delete(query);
      left.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([pending.vector, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #ask(query: string): Pending {
    const pending = { ...this.#batches.ask(query), askers: 0 };
    this.#pending.set(query, pending);
    pending.vector.then(
      (found) => {
        this.#pending.delete(query);
        this.#known.set(query, found);
        for (const oldest of this.#known.keys()) {
          if (this.#known.size <= this.#capacity) break;
          this.#known.delete(oldest);
        }
      },
      () => this.#pending.delete(query),
    );
    return pending;
  }
}
