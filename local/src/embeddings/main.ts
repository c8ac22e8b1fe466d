import { z } from 'zod';
import { startEmbeddings } from './server.ts';

const variables = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Address to listen on. */
  HOST: z.string().default('127.0.0.1'),
  /** Any of the next three serves the stub instead of the model. */
  STUB_BASE_MS: z.coerce.number().min(0).optional(),
  STUB_PER_TEXT_MS: z.coerce.number().min(0).optional(),
  STUB_DIMENSIONS: z.coerce.number().int().min(1).max(20_000).optional(),
});

const environment = variables.safeParse(process.env);
if (!environment.success) {
  console.error(
    `The embedding server's environment is wrong:\n${z.prettifyError(environment.error)}`,
  );
  process.exit(1);
}
const { PORT, HOST, STUB_BASE_MS, STUB_PER_TEXT_MS, STUB_DIMENSIONS } = environment.data;
const stubbed = [STUB_BASE_MS, STUB_PER_TEXT_MS, STUB_DIMENSIONS].some(
  (value) => value !== undefined,
);
const stub = {
  baseMs: STUB_BASE_MS ?? 0,
  perTextMs: STUB_PER_TEXT_MS ?? 0,
  dimensions: STUB_DIMENSIONS ?? 384,
};

const server = await startEmbeddings({
  port: PORT,
  host: HOST,
  model: stubbed ? { stub } : 'minilm',
});
console.log(`embeddings: ${server.url}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void server.close().then(() => process.exit(0)));
