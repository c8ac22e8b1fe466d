import { join } from 'node:path';
import { integer, loadConfig } from '@aviary/runtime';
import { z } from 'zod';

const schema = z.object({
  /** Rows of the sample table. */
  ROWS: integer({ min: 1, max: 10_000_000 }).default(10_000),
  /** Port of the page. */
  PORT: integer({ min: 1, max: 65_535 }).default(8080),
  PELICANS: integer({ min: 1, max: 32 }).default(1),
  EMUS: integer({ min: 1, max: 32 }).default(2),
  /** The stub's vectors cost nothing and mean nothing: for loads that the model is too slow for. */
  EMBEDDER: z.enum(['minilm', 'stub'], { error: 'must be minilm or stub' }).default('minilm'),
  /** The real service instead of the stand-in, where set. */
  OPENAI_API_KEY: z.string().optional(),
  PINECONE_API_KEY: z.string().optional(),
});

export type Settings = Readonly<z.infer<typeof schema>>;

/** @throws ConfigError that lists every fault. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  return loadConfig(schema, environment);
}

const root = join(import.meta.dirname, '../../..');

/** Where things lie in the checkout. */
export const paths = {
  root,
  data: join(root, '.aviary'),
  postgres: join(root, '.aviary/postgres'),
  pinecone: join(root, '.aviary/pinecone'),
  logs: join(root, '.aviary/logs'),
  processes: join(root, '.aviary/processes.json'),
  environment: join(root, '.aviary/environment'),
  specs: join(root, 'examples'),
} as const;
