/** Embeds one query. */
type EmbedQuery = (query: string) => Promise<Float32Array>;

/**
 * Vectors of queries asked before, least recently used ones forgotten. Two who ask the same at once share
 * one embedding; a failed one is not kept.
 */
export class QueryVectors {
  readonly #embed: EmbedQuery;
  readonly #capacity: number;
  readonly #vectors = new Map<string, Promise<Float32Array>>();

  constructor(embed: EmbedQuery, capacity = 1_000) {
    this.#embed = embed;
    this.#capacity = capacity;
  }

  get(query: string): Promise<Float32Array> {
    const vector = this.#vectors.get(query) ?? this.#embed(query);
    // A map keeps the order of insertion: the first is the one unused for longest.
    this.#vectors.delete(query);
    this.#vectors.set(query, vector);
    if (this.#vectors.size > this.#capacity) {
      for (const oldest of this.#vectors.keys()) {
        this.#vectors.delete(oldest);
        break;
      }
    }
    vector.catch(() => {
      if (this.#vectors.get(query) === vector) this.#vectors.delete(query);
    });
    return vector;
  }
}
