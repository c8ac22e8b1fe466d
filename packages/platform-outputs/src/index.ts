import { readFileSync } from 'node:fs';
import { z } from 'zod';

export { databaseAuthorities } from './database-authorities.ts';
export { serviceAccounts, type ServiceAccount } from './service-accounts.ts';

const arn = z.string().regex(/^arn:aws[\w-]*:/, { error: 'must be an ARN' });

const imageSchema = z.string().regex(/^\S+@sha256:[0-9a-f]{64}$/, {
  error: 'must name an image by its digest, as registry/name@sha256:…',
});

/**
 * What infra/ has built and the manifests need to know: addresses and names, never a secret. Secrets stay in AWS
 * Secrets Manager and are named here by their ARN.
 */
export const platformOutputsSchema = z.strictObject({
  /** AWS region and account of everything below. */
  region: z.string().min(1),
  accountId: z.string().regex(/^\d{12}$/, { error: 'must be an AWS account of 12 digits' }),
  cluster: z.strictObject({
    name: z.string().min(1),
    /** Of the services' pods; each service account below lives there. */
    namespace: z.string().min(1),
  }),
  database: z.strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65_535),
    name: z.string().min(1),
    /** Read replicas for the frontend, host names; may be none. */
    readerHosts: z.array(z.string().min(1)),
    /** Users who log in by IAM token; `owner` owns the tables and installs, never runs a service. */
    users: z.strictObject({
      owner: z.string().min(1),
      pelican: z.string().min(1),
      frontend: z.string().min(1),
    }),
  }),
  queue: z.strictObject({
    url: z.url(),
    deadLetterUrl: z.url(),
    refreshUrl: z.url(),
  }),
  /** Of AWS, where Pinecone keeps indexes. */
  indexRegion: z.string().min(1),
  images: z.strictObject({
    pelican: imageSchema,
    emu: imageSchema,
    frontend: imageSchema,
    /** Absent while static manifests run the services. */
    operator: imageSchema.optional(),
  }),
  /** ARNs of secrets in Secrets Manager. */
  secrets: z.strictObject({
    /** The key itself, as text. */
    openai: arn,
    /** The key itself, as text. */
    pinecone: arn,
    /** JSON with OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and SESSION_KEY; absent without sign-in. */
    signIn: arn.optional(),
  }),
  /** Of the public address; absent while the frontend is reached inside the cluster only. */
  ingress: z.strictObject({ host: z.string().min(1), certificateArn: arn }).optional(),
});

export type PlatformOutputs = z.infer<typeof platformOutputsSchema>;

/** @throws Error that names the file and lists every fault. */
export function readPlatformOutputs(path: string): PlatformOutputs {
  const result = platformOutputsSchema.safeParse(parse(path));
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    ({ path: at, message }) => `  ${at.join('.') || '(file)'}: ${message}`,
  );
  throw new Error(`${path} is no output of infra/, make it anew:\n${faults.join('\n')}`);
}

function parse(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`There is no file ${path}: write it with "make outputs" first.`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is no JSON: write it anew with "make outputs".`, { cause: error });
  }
}
