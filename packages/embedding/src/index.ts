export { Embedder } from './embedder.ts';
export type { EmbedderOptions, EmbeddingUsage } from './embedder.ts';
export { Pacer } from './pacer.ts';
