import { integer, loadConfig, serviceConfig } from '@aviary/runtime';
import { z } from 'zod';

const schema = z
  .object({
    ...serviceConfig,
    QUEUE_URL: z.url(),
    DEAD_LETTER_QUEUE_URL: z.url(),
    /** Where pelican is asked to read rows anew: a standard queue. */
    REFRESH_QUEUE_URL: z.url(),
    AWS_REGION: z.string().default('us-east-1'),
    /** Another SQS than AWS's own, such as a local one. */
    AWS_ENDPOINT_URL_SQS: z.url().optional(),
    /** SemanticIndex files or directories, separated by commas. */
    SPECS: z.string().transform((paths, context) => {
      const given = paths.split(',').map((path) => path.trim());
      if (given.every((path) => path !== '')) return given;
      context.addIssue({ code: 'custom', message: 'has an empty path between its commas' });
      return z.NEVER;
    }),
    OPENAI_API_KEY: z.string(),
    OPENAI_BASE_URL: z.url().optional(),
    PINECONE_API_KEY: z.string(),
    /** Another Pinecone control plane than its own, such as a local one. */
    PINECONE_CONTROLLER_URL: z.url().optional(),
    /** Of AWS, where Pinecone makes an index that is not there. */
    PINECONE_REGION: z.string().default('us-east-1'),
    /** How long SQS hides a message from others without hearing of it again. */
    VISIBILITY_TIMEOUT_SECONDS: integer({ min: 3, max: 43_200 }).default(60),
    /**
     * How long after a write of unknown outcome its row is read anew: longer than an unanswered request may still be
     * under way, so that the refreshed state lands behind it.
     */
    REFRESH_DELAY_SECONDS: integer({ min: 0, max: 900 }).default(30),
    /** Age at which a message still held is extended. */
    HEARTBEAT_SECONDS: integer({ min: 1, max: 21_600 }).default(20),
    /** Most rows in one batch. */
    MAX_BATCH: integer({ min: 1, max: 1_000 }).default(256),
    /** Most batches in work at once. */
    CONCURRENCY: integer({ min: 1, max: 64 }).default(4),
    /** Most polls at once. */
    RECEIVERS: integer({ min: 1, max: 32 }).default(4),
  })
  .refine((config) => config.HEARTBEAT_SECONDS < config.VISIBILITY_TIMEOUT_SECONDS / 2, {
    path: ['HEARTBEAT_SECONDS'],
    error:
      'must be less than half of VISIBILITY_TIMEOUT_SECONDS, so that one missed extension loses nothing',
  });

export type EmuConfig = Readonly<z.infer<typeof schema>>;

/** The environment variables, before they are read: the manifests must give those that have no default. */
export type EmuVariables = z.input<typeof schema>;

/** @throws ConfigError that names every faulty variable. */
export function loadEmuConfig(environment: Record<string, string | undefined>): EmuConfig {
  return loadConfig(schema, environment);
}
