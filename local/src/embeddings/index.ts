export { startEmbeddings } from './server.ts';
export type { Charge, EmbeddingsOptions, EmbeddingsServer, EmbeddingsStats } from './server.ts';
export type { Faults } from './faults.ts';
export type { RateLimit } from './rate-limit.ts';
