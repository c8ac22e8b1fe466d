import { Pinecone, type Index } from '@pinecone-database/pinecone';
import { forEachBounded } from './bounded.ts';
import { ensureIndex, shapeOf, type IndexShape } from './ensure-index.ts';
import { hasStatus, toFailure, toRetryable } from './failures.ts';
import { packBySize } from './pack-by-size.ts';
import { recordToJson } from './record-json.ts';
import type { Metadata, VectorRecord } from './record.ts';
import { Transport } from './transport.ts';

/** 2 MB less the envelope around the records. */
const UPSERT_LIMITS = { items: 1000, bytes: 2_000_000 };
const DELETE_LIMITS = { items: 1000, bytes: 1_000_000 };
/** The ids stand in the address, which servers commonly bound, with the headers, at 8 KB. */
const FETCH_LIMITS = { items: 1000, bytes: 6000 };
const PAGE = 100;
/** Requests of one call in flight at once. */
const CONCURRENCY = 4;
const UPSERT_START = Buffer.from('{"vectors":[');
const COMMA = Buffer.from(',');
/** Satisfies the SDK's checks; the transport sends the serialised records in its place. */
const PLACEHOLDER = [{ id: 'serialised', values: [0] }];

export interface VectorIndexOptions {
  apiKey: string;
  /** The service itself when absent. */
  controllerHostUrl?: string | undefined;
  index: string;
  namespace: string;
  /** Of AWS, where an index is made that is not there; us-east-1 unless said otherwise. */
  region?: string;
  /** Longest wait for one answer, 30,000 unless said otherwise. */
  requestTimeoutMs?: number;
}

export interface VectorQuery {
  vector: number[] | Float32Array;
  topK: number;
  /** In Pinecone's filter language. */
  filter?: object;
  includeMetadata?: boolean;
}

export interface IdPage {
  ids: string[];
  /** Where the next page begins; undefined behind the last. */
  next: string | undefined;
}

export interface Match {
  id: string;
  score: number;
  metadata?: Metadata;
}

/**
 * One namespace of one Pinecone index. Nothing is retried here: every call throws RetryableError or
 * PermanentError, or the reason of the signal that ended it. When a call throws, none of its requests is
 * in flight any more.
 */
export class VectorIndex {
  readonly #options: VectorIndexOptions;
  readonly #transport: Transport;
  readonly #client: Pinecone;
  #index: Promise<Index<Metadata>> | undefined;

  constructor(options: VectorIndexOptions) {
    this.#options = options;
    this.#transport = new Transport({ timeoutMs: options.requestTimeoutMs ?? 30_000 });
    this.#client = new Pinecone({
      apiKey: options.apiKey,
      ...(options.controllerHostUrl === undefined
        ? {}
        : { controllerHostUrl: options.controllerHostUrl }),
      fetchApi: this.#transport.fetch,
      maxRetries: 0,
    });
  }

  /** What vectors the index takes, a dimension of 0 for none; undefined when there is no such index. */
  async shape(signal?: AbortSignal): Promise<{ dimension: number; metric: string } | undefined> {
    const { index } = this.#options;
    return this.#guard(`Look-up of the index ${index}`, signal, () =>
      this.#transport.run({ signal, body: undefined }, () => shapeOf(this.#client, index)),
    );
  }

  /**
   * Makes the index when it is absent, and waits until it is ready.
   * @throws PermanentError when an index of that name has another dimension or metric, or failed to start.
   */
  async ensure(shape: IndexShape, signal?: AbortSignal): Promise<void> {
    const { index, region = 'us-east-1' } = this.#options;
    const ends = signal ?? new AbortController().signal;
    await this.#guard(`Set-up of the index ${index}`, signal, () =>
      this.#transport.run({ signal, body: undefined }, () =>
        ensureIndex(this.#client, index, shape, region, ends),
      ),
    );
  }

  /**
   * Writes records, replacing those of the same ids; ids must differ within one call.
   * @throws PermanentError when a record is refused; others may have been written.
   */
  async upsert(records: readonly VectorRecord[], signal?: AbortSignal): Promise<void> {
    const end = Buffer.from(`],"namespace":${JSON.stringify(this.#options.namespace)}}`);
    const packs = packBySize(
      records.map(recordToJson),
      (json) => json.length + COMMA.length,
      UPSERT_LIMITS,
    );
    await forEachBounded(packs, CONCURRENCY, async (pack) => {
      const parts = pack.flatMap((json, i) => [i === 0 ? UPSERT_START : COMMA, json]);
      await this.#call(
        `Upsert of ${pack.length} records`,
        signal,
        (index) => index.upsert({ records: PLACEHOLDER }),
        Buffer.concat([...parts, end]),
      );
    });
  }

  /** Deletes what there is of these ids. */
  async delete(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    const packs = packBySize(ids, (id) => id.length + 3, DELETE_LIMITS);
    await forEachBounded(packs, CONCURRENCY, (pack) =>
      this.#call(`Delete of ${pack.length} records`, signal, (index) =>
        unlessAbsent(index.deleteMany({ ids: pack })),
      ),
    );
  }

  /** The records there are of these ids, by id. */
  async fetch(ids: readonly string[], signal?: AbortSignal): Promise<Map<string, VectorRecord>> {
    const found = new Map<string, VectorRecord>();
    const packs = packBySize(
      ids,
      (id) => '&ids='.length + encodeURIComponent(id).length,
      FETCH_LIMITS,
    );
    await forEachBounded(packs, CONCURRENCY, async (pack) => {
      await this.#call(`Fetch of ${pack.length} records`, signal, async (index) => {
        const { records } = await index.fetch({ ids: pack });
        for (const { id, values = [], metadata = {} } of Object.values(records)) {
          found.set(id, { id, values: Float32Array.from(values), metadata });
        }
      });
    });
    return found;
  }

  /** The nearest records, best first: of the highest score, or the lowest where the metric is euclidean. */
  async query(query: VectorQuery, signal?: AbortSignal): Promise<Match[]> {
    const { vector, topK, filter, includeMetadata = false } = query;
    return this.#call('Query', signal, async (index) => {
      const { matches } = await index.query({
        vector: Array.from(vector),
        topK,
        includeMetadata,
        ...(filter && { filter }),
      });
      return matches.map(({ id, score = 0, metadata }) => ({
        id,
        score,
        ...(metadata && { metadata }),
      }));
    });
  }

  /** Every id with the prefix, in order of their bytes, in pages of up to 100. */
  async *listIds(prefix = '', signal?: AbortSignal): AsyncGenerator<string[], void> {
    let next: string | undefined;
    do {
      const page = await this.listPage({ prefix, after: next }, signal);
      if (page.ids.length > 0) yield page.ids;
      next = page.next;
    } while (next);
  }

  /** Up to 100 ids with the prefix, in order of their bytes, from where an earlier page ended. */
  async listPage(
    from: { prefix?: string; after?: string | undefined },
    signal?: AbortSignal,
  ): Promise<IdPage> {
    const { prefix, after } = from;
    return this.#call('List of ids', signal, async (index) => {
      const { vectors = [], pagination } = await index.listPaginated({
        limit: PAGE,
        ...(prefix && { prefix }),
        ...(after !== undefined && { paginationToken: after }),
      });
      // Behind the last page the service gives none, or an empty one.
      return {
        ids: vectors.flatMap(({ id }) => id ?? []),
        next: pagination?.next === '' ? undefined : pagination?.next,
      };
    });
  }

  /** Records in the namespace, as the index last counted them. */
  async count(signal?: AbortSignal): Promise<number> {
    return this.#call('Count of records', signal, async (index) => {
      const { namespaces } = await index.describeIndexStats();
      return namespaces?.[this.#options.namespace]?.recordCount ?? 0;
    });
  }

  /** Deletes the namespace with all its records. */
  async deleteNamespace(signal?: AbortSignal): Promise<void> {
    const { namespace } = this.#options;
    await this.#call(`Delete of the namespace`, signal, (index) =>
      unlessAbsent(index.deleteNamespace(namespace)),
    );
  }

  /**
   * A call to the data plane, its failure translated. The answer is read within `work`, so that an odd one is
   * a failure of the call. `body` goes in place of what the SDK serialises.
   */
  async #call<T>(
    doing: string,
    signal: AbortSignal | undefined,
    work: (index: Index<Metadata>) => Promise<T>,
    body?: Buffer,
  ): Promise<T> {
    const { index, namespace } = this.#options;
    return this.#guard(`${doing} in index ${index}, namespace ${namespace}`, signal, async () => {
      const handle = await this.#resolve();
      return this.#transport.run({ signal, body }, () => work(handle));
    });
  }

  async #guard<T>(
    doing: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw toFailure(error, doing);
    }
  }

  /** The index's own host, asked for once: under no caller's signal, as all callers share the answer. */
  async #resolve(): Promise<Index<Metadata>> {
    const { index, namespace } = this.#options;
    this.#index ??= this.#transport.run({ signal: undefined, body: undefined }, async () => {
      const { host } = await this.#client.indexes.describe(index);
      return this.#client.index<Metadata>({ host, namespace });
    });
    try {
      return await this.#index;
    } catch (error) {
      this.#index = undefined;
      throw toRetryable(error, `Look-up of the index ${index}`);
    }
  }
}

/** Deleting from a namespace that was never written to is answered 404, and fine. */
async function unlessAbsent(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
}
