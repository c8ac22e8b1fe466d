/** What the server asks of a model. */
export interface EmbeddingModel {
  readonly dimensions: number;
  /** One vector per text: base64 of little-endian Float32, unit length. */
  embed(
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<{ vectors: string[]; tokens: number }>;
  close(): Promise<void>;
}
