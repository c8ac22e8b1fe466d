import type { SemanticIndex } from '@aviary/semantic-index';
import { z } from 'zod';

const cidr = z.union([z.cidrv4(), z.cidrv6()], { error: 'must be a CIDR, such as 10.0.0.0/16' });
const quantity = (example: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi)?$/, { error: `must be a quantity, such as ${example}` });

const resources = z.strictObject({
  /** What the scheduler sets aside, and how far it may go beyond. */
  cpu: z.strictObject({ request: quantity('250m'), limit: quantity('1') }),
  /** Request and limit in one: memory that is taken is never given back in time. */
  memory: quantity('512Mi'),
});

const emu = z
  .strictObject({
    /** Pods at least. 0 lets an idle queue cost nothing; the first change then waits for a pod to start. */
    min: z.int().min(0),
    /** Pods at most: what the embedding quota can feed. More of them only earn 429s. */
    max: z.int().min(1).max(1_000),
    /** Messages, waiting and in work, for one pod: what one clears within the freshness wanted. */
    backlogPerPod: z.int().min(1),
    /** How often KEDA looks at the queue, in seconds. */
    pollingIntervalSeconds: z.int().min(1).max(300),
    /** From the last message to no pod at all, in seconds; of no meaning when min is above 0. */
    cooldownSeconds: z.int().min(0).max(86_400),
    scaleDown: z.strictObject({
      /** How long the queue must want fewer pods before one goes, in seconds. */
      stabilisationSeconds: z.int().min(0).max(3_600),
      /** Most of the pods that go in a minute. */
      percentPerMinute: z.int().min(1).max(100),
    }),
    resources,
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], error: 'must be at most max' });

const frontend = z
  .strictObject({
    /** Pods at least and at most. */
    min: z.int().min(1),
    max: z.int().min(1).max(1_000),
    /** CPU, of the request, that another pod is added at, in percent. */
    cpuPercent: z.int().min(10).max(100),
    /** How long load balancers take to learn of a pod: a new one waits so long for an old one's end, and that goes on answering, in seconds. */
    handoverSeconds: z.int().min(0).max(120),
    resources,
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], error: 'must be at most max' });

const image = z.string().min(1);

/** What cluster of one's own runs in place of AWS, Pinecone and OpenAI. */
const standIns = z.strictObject({
  /** Of the services and of local/, as they were built. */
  images: z.strictObject({
    pelican: image,
    emu: image,
    frontend: image,
    operator: image.optional(),
    local: image,
    postgres: image,
  }),
  /** Rows of the sample table. */
  rows: z.int().min(0).max(10_000_000),
  sqs: z.strictObject({
    /** Another image than local's, such as LocalStack's; it listens on port 4566. */
    image: image.optional(),
    /** What CreateQueue answers before the queue's name. */
    queueUrlPrefix: z.url(),
  }),
  /** Of the embedding server: the model that understands, or vectors made from a hash after so long, in milliseconds. */
  embeddings: z.union([
    z.literal('model'),
    z.strictObject({ baseMs: z.number().min(0), perTextMs: z.number().min(0) }),
  ]),
});

/** One environment: environments/NAME.yaml, validated. */
export const environmentSchema = z.strictObject({
  namespace: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
  /** Whether SemanticIndexes are resources that an operator makes workers for, and the specs below are not run. */
  operator: z.boolean().default(false),
  /**
   * How long an operator keeps the vectors of before an edit, in step, so that the edit's undoing brings search back at
   * once, in seconds. Pages need up to two minutes to learn where to search.
   */
  rollbackSeconds: z.int().min(120).max(2_592_000).default(600),
  /** SemanticIndex files or directories, from this file's place. */
  specs: z.array(z.string().min(1)).min(1),
  pelican: z.strictObject({
    /** Pods: two, so that a node may go; more share the tables' load. */
    replicas: z.int().min(1).max(32),
    resources,
  }),
  emu,
  frontend,
  /** Who may edit: those who sign in there. Absent, everybody who reaches the page, which then has no public address. */
  signIn: z
    .strictObject({
      /** OpenID Connect provider, as https://accounts.example.com. */
      issuer: z.url({ protocol: /^https$/, error: 'must begin with https://' }),
      /** Verified e-mail addresses and groups; none stands for all who can sign in. */
      editors: z.array(z.string().min(1)).default([]),
    })
    .optional(),
  audit: z.strictObject({
    /** When table and index are compared, as cron has it, in UTC. A difference fails the Job. */
    schedule: z
      .string()
      .regex(/^\S+( \S+){4}$/, { error: 'must be five fields, as cron has them' }),
    /** Whether what differs is also sent again. */
    repair: z.boolean(),
  }),
  /** Namespaces of those who come from outside. */
  neighbours: z.strictObject({
    /** Of Prometheus, which reads /metrics. */
    monitoring: z.string().min(1),
    /** Of KEDA, which reads the stand-in's queue. */
    keda: z.string().min(1),
  }),
  networks: z.strictObject({
    /** From where the page is asked for: the load balancer's subnets. */
    clients: z.array(cidr).min(1),
    /** Where the database is. */
    database: z.array(cidr).min(1),
  }),
  /** Absent where infra/ has built the real ones. */
  standIns: standIns.optional(),
});

/** An environment with the specs it names. */
export type Environment = Readonly<Omit<z.infer<typeof environmentSchema>, 'specs'>> & {
  readonly indexes: readonly SemanticIndex[];
};
export type StandIns = z.infer<typeof standIns>;
export type Resources = z.infer<typeof resources>;
