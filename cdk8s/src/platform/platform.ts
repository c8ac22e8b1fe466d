import type { Construct } from 'constructs';
import type { z } from 'zod';
import type {
  databaseConfig,
  pineconeConfig,
  sqsConfig,
} from '../../../services/pelican/src/config.ts';
import type { EmuVariables } from '../../../services/emu/src/config.ts';
import type { FrontendVariables } from '../../../services/frontend/server/config.ts';
import type { Way } from '../constructs/access.ts';
import type { Mount } from '../pods/mount.ts';
import type { VariableSource, Variables } from '../pods/variables.ts';

type Input<Shape extends z.ZodRawShape> = z.input<z.ZodObject<Shape>>;

/** What the SDK for AWS reads itself, where pods have no identity there. */
interface AwsCredentials {
  readonly AWS_ACCESS_KEY_ID?: VariableSource;
  readonly AWS_SECRET_ACCESS_KEY?: VariableSource;
}

/** Database users, each with rights of its own: of the tables' owner, and of the services. */
export type DatabaseUser = 'owner' | 'pelican' | 'frontend';

export interface Database {
  readonly variables: Readonly<Record<DatabaseUser, Variables<Input<typeof databaseConfig>>>>;
  /** Files that the variables name. */
  readonly mounts: readonly Mount[];
  /** How often a Job tries again that needs it: a stand-in, and the tables in it, come up along with the Job. */
  readonly retries: number;
}

/** Who KEDA is when it reads the queue's depth: its operator's own identity, or keys in a Secret. */
export interface QueueReader {
  readonly identity:
    | 'operator'
    | { readonly secret: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly endpoint?: string;
}

/** What stands around the workers, as plain data. */
export interface WorkerPlatform {
  readonly images: Readonly<Record<'pelican' | 'emu', string>>;
  readonly region: string;
  readonly queue: {
    readonly url: string;
    readonly deadLetterUrl: string;
    readonly refreshUrl: string;
  };
  readonly queueReader: QueueReader;
  readonly sqs: Variables<Input<typeof sqsConfig>> & AwsCredentials;
  readonly database: Database;
  /** Of AWS, where an index is made that is not there; the services' default when absent. */
  readonly indexRegion?: string | undefined;
  readonly index: Variables<Omit<Input<typeof pineconeConfig>, 'PINECONE_REGION'>>;
  readonly embedding: Variables<Pick<EmuVariables, 'OPENAI_API_KEY' | 'OPENAI_BASE_URL'>>;
  /** Ways out. */
  readonly reach: {
    readonly database: readonly Way[];
    readonly queue: readonly Way[];
    readonly index: readonly Way[];
    readonly embedding: readonly Way[];
  };
}

/** What stands around the services, made by infra/ or of stand-ins: the charts do not know which. */
export interface Platform extends WorkerPlatform {
  readonly images: Readonly<Record<'pelican' | 'emu' | 'frontend', string>> & {
    /** Absent where there never is one. */
    readonly operator?: string | undefined;
  };
  readonly reach: WorkerPlatform['reach'] & {
    /** To whom people sign in. */
    readonly signIn: readonly Way[];
  };
  /** What the frontend alone is told. */
  readonly page: Partial<Variables<FrontendVariables>>;
  /** Adds the Secrets, or what makes them, by the names that the variables above have. */
  readonly addSecrets: (scope: Construct) => void;
  readonly ingress?: { readonly host: string; readonly certificateArn: string };
}
