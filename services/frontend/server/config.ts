import { flag, integer, loadConfig, serviceConfig } from '@aviary/runtime';
import { z } from 'zod';
import { accessVariables, checkAccess } from './access/access-config.ts';
import { admissionVariables } from './admission/admission-config.ts';

const list = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const postgresAddress = z
  .string()
  .regex(/^postgres(ql)?:\/\//, { error: 'must begin with postgres://' });

const variables = z.object({
  ...serviceConfig,
  ...accessVariables,
  ...admissionVariables,
  /** Port of the page and the API. */
  PORT: integer({ min: 0, max: 65_535 }).default(8080),
  /** Address the page and the API listen on. */
  HOST: z.string().default('0.0.0.0'),
  /** postgres:// address of the database that holds the products. */
  DATABASE_URL: postgresAddress,
  /** Comma-separated addresses of its streaming replicas, which are read from in its place. */
  DATABASE_READ_URLS: z.string().default('').transform(list).pipe(z.array(postgresAddress)),
  /** PEM file with the database's certificate authorities. */
  DATABASE_CA_FILE: z.string().optional(),
  /** Whether its user logs in to RDS by IAM token, in place of a password. */
  DATABASE_IAM_AUTH: flag.default(false),
  /** Comma-separated YAML files or directories with SemanticIndex specs. */
  SPECS: z.string().transform(list),
  /** Name of the SemanticIndex that is searched and edited. */
  PRODUCTS_INDEX: z.string().default('products'),
  QUEUE_URL: z.url(),
  DEAD_LETTER_QUEUE_URL: z.url(),
  /** Where pelican is asked to read rows anew: a standard queue. */
  REFRESH_QUEUE_URL: z.url(),
  AWS_REGION: z.string().default('us-east-1'),
  /** Another SQS than AWS's own. */
  AWS_ENDPOINT_URL_SQS: z.url().optional(),
  OPENAI_API_KEY: z.string(),
  /** Another embedding service than OpenAI's own. */
  OPENAI_BASE_URL: z.url().optional(),
  PINECONE_API_KEY: z.string(),
  /** Another Pinecone control plane than the public one. */
  PINECONE_CONTROLLER_URL: z.url().optional(),
  /** Comma-separated admin addresses of pelicans and emus, whose /status is shown. */
  WORKERS: z
    .string()
    .default('')
    .transform(list)
    .pipe(z.array(z.url({ error: 'must be a comma-separated list of http:// addresses' }))),
});

const schema = variables.superRefine(checkAccess);

export type FrontendConfig = Readonly<z.infer<typeof schema>>;

/** The environment variables, before they are read: the manifests must give those that have no default. */
export type FrontendVariables = z.input<typeof schema>;

/** @throws ConfigError that lists every fault. */
export function readConfig(environment: Record<string, string | undefined>): FrontendConfig {
  return loadConfig(schema, environment);
}
