import { hostname } from 'node:os';
import { integer, loadConfig, serviceConfig } from '@aviary/runtime';
import { z } from 'zod';

const variables = z.object({
  ...serviceConfig,
  /** Where its SemanticIndexes are, and all that it makes of them. */
  NAMESPACE: z.string(),
  /** What this operator is called among others: its pod's name. */
  IDENTITY: z.string().default(hostname()),
  /** The file that says what stands around: images, endpoints, names of Secrets. */
  SURROUNDINGS: z.string(),
  AWS_REGION: z.string().default('us-east-1'),
  /** Another SQS than AWS's own. */
  AWS_ENDPOINT_URL_SQS: z.url().optional(),
  PINECONE_API_KEY: z.string(),
  /** Another Pinecone control plane than the public one. */
  PINECONE_CONTROLLER_URL: z.url().optional(),
  /** Of AWS, where Pinecone makes an index that is not there. */
  PINECONE_REGION: z.string().default('us-east-1'),
  /** After which another operator may take over from one that is silent. */
  LEASE_SECONDS: integer({ min: 3, max: 300 }).default(15),
  /** SemanticIndexes in work at once. */
  WORKERS: integer({ min: 1, max: 64 }).default(4),
  /** Requests to the API server, and how many of them at once after a rest. */
  REQUESTS_PER_SECOND: integer({ min: 1, max: 1_000 }).default(20),
  REQUEST_BURST: integer({ min: 1, max: 1_000 }).default(40),
  /** Until all objects are listed anew, at the latest. */
  RELIST_SECONDS: integer({ min: 5, max: 3_600 }).default(600),
  /** The file that says where the API server is, and who asks; in a pod, its service account does. */
  KUBECONFIG: z.string().optional(),
  /** Given to every pod. */
  KUBERNETES_SERVICE_HOST: z.string().optional(),
});

const schema = variables.refine(
  ({ KUBECONFIG, KUBERNETES_SERVICE_HOST }) => KUBECONFIG ?? KUBERNETES_SERVICE_HOST,
  {
    path: ['KUBECONFIG'],
    error: 'is not set; outside of a pod, set it to the path of a kubeconfig',
  },
);

/** The environment variables, before they are read. */
export type OperatorVariables = Omit<z.input<typeof schema>, 'KUBERNETES_SERVICE_HOST'>;

/** @throws ConfigError that lists every fault. */
export function readConfig(
  environment: Record<string, string | undefined>,
): Readonly<z.infer<typeof schema>> {
  return loadConfig(schema, environment);
}
