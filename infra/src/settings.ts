import { z } from 'zod';

const cidr = z.cidrv4({ error: 'must be a range of IPv4 addresses, such as 10.20.0.0/16' });
const count = (minimum: number) => z.int().min(minimum);

const databaseSchema = z.strictObject({
  instanceClass: z.string().startsWith('db.'),
  storageGiB: count(20),
  /** Up to where RDS grows the storage by itself. */
  maxStorageGiB: count(20),
  /** A standby in another zone, to which RDS fails over. */
  multiAz: z.boolean(),
  /** For the frontend's reads. RDS makes none of a database whose master password it manages itself. */
  readReplicas: count(0).max(5),
  /** Set rather than left to the class, so that its alarm is exact. */
  maxConnections: count(50),
  backupDays: count(1).max(35),
});

const settingsSchema = z.strictObject({
  environment: z.enum(['dev', 'prod']),
  region: z.string().min(1),
  /** Where in AWS Pinecone keeps the index: near, but Pinecone is not in every region. That of the stack when absent. */
  indexRegion: z.string().min(1),
  vpcCidr: cidr,
  availabilityZones: count(2).max(4),
  /** One for each zone outlives the loss of a zone; a single one costs a third. */
  natGateways: count(1).max(4),
  kubernetesVersion: z
    .string()
    .regex(/^1\.\d+$/, { error: 'must be a minor version, such as 1.35' }),
  /** From where the Kubernetes API may be reached, by those who have a right to. */
  apiAllowedCidrs: z.array(cidr),
  /** ARNs of IAM users and roles who administer the cluster besides its maker. */
  administrators: z.array(z.string().startsWith('arn:')),
  database: databaseSchema,
  /** SemanticIndex files or directories, from infra/: an index is made for each that they name. */
  specs: z.array(z.string().min(1)).min(1),
  /**
   * Whether an operator makes workers for each SemanticIndex: it is built, it may make and delete queues of its own, and
   * services reach these. The manifests' environment says the same.
   */
  operator: z.boolean(),
  /** Whether the frontend has a sign-in, whose secret is then kept. */
  signIn: z.boolean(),
  alarmEmail: z.email().optional(),
  ingress: z
    .strictObject({ host: z.string().min(1), certificateArn: z.string().startsWith('arn:') })
    .optional(),
  /** Data is kept from deletion, by AWS and Pinecone, until this is set to false and applied. */
  protectData: z.boolean(),
});

export type Settings = Readonly<z.infer<typeof settingsSchema>>;

const shared = {
  kubernetesVersion: '1.35',
  administrators: [],
  specs: ['../examples'],
  operator: false,
  signIn: false,
};

const defaults: Record<
  Settings['environment'],
  Omit<Settings, 'environment' | 'region' | 'indexRegion'>
> = {
  dev: {
    ...shared,
    vpcCidr: '10.20.0.0/16',
    // As few as EKS and RDS demand.
    availabilityZones: 2,
    natGateways: 1,
    apiAllowedCidrs: ['0.0.0.0/0'],
    database: {
      instanceClass: 'db.t4g.small',
      storageGiB: 20,
      maxStorageGiB: 100,
      multiAz: false,
      readReplicas: 0,
      maxConnections: 150,
      backupDays: 3,
    },
    protectData: false,
  },
  prod: {
    ...shared,
    vpcCidr: '10.30.0.0/16',
    availabilityZones: 3,
    natGateways: 3,
    apiAllowedCidrs: [],
    database: {
      instanceClass: 'db.m7g.large',
      storageGiB: 100,
      maxStorageGiB: 1_000,
      multiAz: true,
      readReplicas: 0,
      maxConnections: 600,
      backupDays: 14,
    },
    protectData: true,
  },
};

const givenSchema = settingsSchema
  .partial()
  .required({ environment: true, region: true })
  .extend({ database: databaseSchema.partial().default({}) });

/**
 * What a stack is made of: its configuration over the defaults of its environment.
 *
 * @param given `aviary:platform` of Pulumi.STACK.yaml
 * @throws Error that lists every fault.
 */
export function readSettings(given: unknown): Settings {
  const read = givenSchema.safeParse(given);
  if (!read.success) throw faulty(read.error.issues);
  const base = defaults[read.data.environment];
  const result = settingsSchema
    .refine(({ natGateways, availabilityZones }) => natGateways <= availabilityZones, {
      path: ['natGateways'],
      error: 'must be at most as many as availabilityZones',
    })
    .refine(({ ingress, signIn }) => (ingress !== undefined) === signIn, {
      path: ['signIn'],
      error:
        'must be true with a public address (ingress), or everybody could edit; and false without, since nobody would come back from signing in',
    })
    .refine(({ database }) => database.maxStorageGiB >= database.storageGiB, {
      path: ['database', 'maxStorageGiB'],
      error: 'must be at least storageGiB',
    })
    .refine(({ apiAllowedCidrs }) => apiAllowedCidrs.length > 0, {
      path: ['apiAllowedCidrs'],
      error:
        'must name at least one range from which the Kubernetes API is reached, such as 203.0.113.7/32',
    })
    .refine(
      ({ environment, apiAllowedCidrs }) =>
        environment !== 'prod' || !apiAllowedCidrs.includes('0.0.0.0/0'),
      { path: ['apiAllowedCidrs'], error: 'must not be the whole internet in prod' },
    )
    .safeParse({
      ...base,
      indexRegion: read.data.region,
      ...read.data,
      database: { ...base.database, ...read.data.database },
    });
  if (!result.success) throw faulty(result.error.issues);
  return result.data;
}

function faulty(issues: readonly z.core.$ZodIssue[]): Error {
  const faults = issues.map(
    ({ path, message }) => `  ${['platform', ...path].join('.')}: ${message}`,
  );
  return new Error(
    `The stack's configuration has ${issues.length} fault(s), mend Pulumi.STACK.yaml:\n${faults.join('\n')}`,
  );
}
