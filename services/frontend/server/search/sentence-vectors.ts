import type { Embedder } from '@aviary/embedding';

/** Memory for remembered vectors. */
const mostBytes = 32_000_000;

/**
 * Embeds sentences, and remembers those used lately: the products that are found often are found by many queries.
 */
export class SentenceVectors {
  readonly #embedder: Embedder;
  readonly #capacity: number;
  readonly #vectors = new Map<string, Float32Array>();

  constructor(embedder: Embedder, dimensions: number) {
    this.#embedder = embedder;
    this.#capacity = Math.ceil(mostBytes / (dimensions * Float32Array.BYTES_PER_ELEMENT));
  }

  /**
   * Those that are not remembered are embedded by one request.
   * @throws what embedding throws; the signal's reason.
   */
  async of(sentences: Iterable<string>, signal: AbortSignal): Promise<Map<string, Float32Array>> {
    const found = new Map<string, Float32Array>();
    const unseen: string[] = [];
    for (const sentence of new Set(sentences)) {
      const vector = this.#vectors.get(sentence);
      if (vector === undefined) unseen.push(sentence);
      else {
        this.#remember(sentence, vector);
        found.set(sentence, vector);
      }
    }
    if (unseen.length === 0) return found;
    const vectors = await this.#embedder.embed(unseen, signal);
    for (const [position, sentence] of unseen.entries()) {
      const vector = vectors[position];
      if (vector === undefined) continue;
      this.#remember(sentence, vector);
      found.set(sentence, vector);
    }
    return found;
  }

  #remember(sentence: string, vector: Float32Array): void {
    this.#vectors.delete(sentence);
    this.#vectors.set(sentence, vector);
    for (const oldest of this.#vectors.keys()) {
      if (this.#vectors.size <= this.#capacity) break;
      this.#vectors.delete(oldest);
    }
  }
}
