import type { PoolOptions } from '@aviary/postgres';
import { flag, integer, loadConfig, serviceConfig } from '@aviary/runtime';
import { z } from 'zod';

const fifoQueueUrl = z
  .url({ error: 'must be the URL of a queue' })
  .endsWith('.fifo', { error: 'must be a FIFO queue, whose name ends in .fifo' });

const awsRegion = { AWS_REGION: z.string().default('us-east-1') };

export const databaseConfig = {
  /** postgres:// address of the database whose tables are captured. */
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, { error: 'must begin with postgres://' }),
  /** PEM file with the database's certificate authorities. */
  DATABASE_CA_FILE: z.string().optional(),
  /** Whether its user logs in to RDS by IAM token, in place of a password. */
  DATABASE_IAM_AUTH: flag.default(false),
  ...awsRegion,
};

/** How a pool reaches that database. */
export const databaseOf = (
  config: Readonly<z.infer<z.ZodObject<typeof databaseConfig>>>,
): Pick<PoolOptions, 'connectionString' | 'caFile' | 'iamRegion'> => ({
  connectionString: config.DATABASE_URL,
  caFile: config.DATABASE_CA_FILE,
  iamRegion: config.DATABASE_IAM_AUTH ? config.AWS_REGION : undefined,
});

export const specsConfig = {
  /** Comma-separated YAML files or directories with SemanticIndex specs. */
  SPECS: z.string().transform((paths) => paths.split(',').map((path) => path.trim())),
};

export const sqsConfig = {
  ...awsRegion,
  /** Another SQS than AWS's own. */
  AWS_ENDPOINT_URL_SQS: z.url().optional(),
};

export const queueConfig = { QUEUE_URL: fifoQueueUrl };
export const deadLetterConfig = { DEAD_LETTER_QUEUE_URL: fifoQueueUrl };
/** Where it is asked to read rows anew: a standard queue. */
export const refreshConfig = {
  REFRESH_QUEUE_URL: z
    .url({ error: 'must be the URL of a queue' })
    .refine((url) => !url.endsWith('.fifo'), {
      error: 'must be a standard queue, not a FIFO queue',
    }),
};

export const pineconeConfig = {
  PINECONE_API_KEY: z.string(),
  /** Another Pinecone control plane than the public one. */
  PINECONE_CONTROLLER_URL: z.url().optional(),
  /** Of AWS, where Pinecone makes an index that is not there. */
  PINECONE_REGION: z.string().default('us-east-1'),
};

const schema = z.object({
  ...serviceConfig,
  ...databaseConfig,
  ...specsConfig,
  ...queueConfig,
  ...deadLetterConfig,
  ...refreshConfig,
  ...sqsConfig,
  ...pineconeConfig,
  /** Transactions at once. */
  LANES: integer({ min: 1, max: 32 }).default(3),
  /** About how many rows a transaction publishes. */
  BATCH_ROWS: integer({ min: 1, max: 10_000 }).default(500),
  /** From the end of an index's audit to its next; 0 is never. */
  AUDIT_EVERY_MINUTES: integer({ min: 0, max: 525_600 }).default(1_440),
});

export type PelicanConfig = Readonly<z.infer<typeof schema>>;

/** The environment variables, before they are read: the manifests must give those that have no default. */
export type PelicanVariables = z.input<typeof schema>;

/** @throws ConfigError that lists every fault. */
export function readConfig(environment: Record<string, string | undefined>): PelicanConfig {
  return loadConfig(schema, environment);
}
