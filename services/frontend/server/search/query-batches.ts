import { PermanentError } from '@aviary/runtime';

export type EmbedTexts = (texts: string[]) => Promise<Float32Array[]>;

/** So long a query waits for company when nothing is under way, in milliseconds. */
const lingerMs = 2;

/** Requests at once. What comes meanwhile gathers: at any load there are at most so many a round trip. */
const atOnce = 2;

/** Queries in one request. */
const mostQueries = 64;

interface Waiting {
  query: string;
  resolve: (vector: Float32Array) => void;
  reject: (error: unknown) => void;
}

export interface AskedQuery {
  /**
   * @throws what the request threw that it was part of; PermanentError for a query that is refused by itself.
   */
  vector: Promise<Float32Array>;
  /**
   * Takes the query back unless it is sent, in which case it is paid for and goes on.
   * @returns whether it was taken back: its vector then never comes.
   */
  takeBack: () => boolean;
}

/** Embeds queries that come together by one request. */
export class QueryBatches {
  readonly #embed: EmbedTexts;
  readonly #onBatch: (queries: number) => void;
  readonly #waiting = new Set<Waiting>();
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param onBatch is told how many queries each request holds. */
  constructor(embed: EmbedTexts, onBatch: (queries: number) => void) {
    this.#embed = embed;
    this.#onBatch = onBatch;
  }

  /** Embeds a query, with others where there are some. */
  ask(query: string): AskedQuery {
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    const waiting = { query, resolve, reject };
    this.#waiting.add(waiting);
    this.#schedule();
    return { vector: promise, takeBack: () => this.#waiting.delete(waiting) };
  }

  #schedule(): void {
    if (this.#underWay >= atOnce || this.#waiting.size === 0) return;
    if (this.#waiting.size >= mostQueries) {
      clearTimeout(this.#timer);
      void this.#send();
      return;
    }
    this.#timer ??= setTimeout(() => void this.#send(), lingerMs);
  }

  async #send(): Promise<void> {
    this.#timer = undefined;
    const batch = [...this.#waiting].slice(0, mostQueries);
    if (batch.length === 0) return;
    for (const waiting of batch) this.#waiting.delete(waiting);
    this.#underWay += 1;
    this.#onBatch(batch.length);
    try {
      await this.#answer(batch);
    } catch (error) {
      if (error instanceof PermanentError && batch.length > 1) {
        // One of them is refused: none may suffer for another.
        await Promise.all(batch.map((one) => this.#answer([one]).catch(one.reject)));
      } else for (const { reject } of batch) reject(error);
    }
    this.#underWay -= 1;
    this.#schedule();
  }

  async #answer(batch: Waiting[]): Promise<void> {
    const vectors = await this.#embed(batch.map(({ query }) => query));
    for (const [position, { resolve }] of batch.entries()) {
      const vector = vectors[position];
      if (vector === undefined) throw new Error('The embedder answered with a vector too few.');
      resolve(vector);
    }
  }
}
