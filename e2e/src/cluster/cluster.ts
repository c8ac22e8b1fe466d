import { Queue, createQueueClient } from '@aviary/queue';
import { waitUntil } from '@aviary/testing';
import pg from 'pg';
import { kubectl } from './kubectl.ts';
import { ownerUrl } from './owner-url.ts';
import { forwardPort } from './port-forward.ts';

/** What is between a committed row and its record. */
export interface OnItsWay {
  /** Keys in the outbox, and tables still to be walked. */
  outbox: number;
  /** Messages in the main queue, those in work among them. */
  queue: number;
  /** Requests to read a row anew. */
  refresh: number;
}

/** The database and the queues behind the manifests, as their owner sees them. */
export interface Cluster extends AsyncDisposable {
  databaseUrl: string;
  sql: <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;
  onItsWay: () => Promise<OnItsWay>;
  /** Messages in the main queue, those in work among them. */
  backlog: () => Promise<number>;
  deadLetters: () => Promise<number>;
  /** Waits until nothing is on its way any more. */
  quiet: (timeoutMs: number) => Promise<void>;
}

/** Connects through port-forwards, so that it works wherever kubectl does. */
export async function connectCluster(): Promise<Cluster> {
  await using opened = new AsyncDisposableStack();
  const postgres = opened.use(await forwardPort('postgres', 5432));
  const databaseUrl = await ownerUrl(postgres.port);
  const pool = opened.adopt(new pg.Pool({ connectionString: databaseUrl, max: 2 }), (open) =>
    open.end(),
  );
  const sqs = opened.use(await forwardPort('sqs', 4566));
  const queueOf = await queues(`http://127.0.0.1:${sqs.port}`);
  const [main, deadLetters, refresh] = [
    queueOf('QUEUE_URL'),
    queueOf('DEAD_LETTER_QUEUE_URL'),
    queueOf('REFRESH_QUEUE_URL'),
  ];
  const messages = async (queue: Queue) => {
    const { visible, inFlight, delayed } = await queue.depth();
    return visible + inFlight + delayed;
  };
  const onItsWay = async (): Promise<OnItsWay> => {
    const { rows } = await pool.query<{ count: number }>(
      `select ((select waiting from aviary.backlog)
             + (select count(*) from aviary.backfill where finished_at is null))::integer as count`,
    );
    const [queue, asked] = await Promise.all([messages(main), messages(refresh)]);
    return { outbox: rows[0]?.count ?? 0, queue, refresh: asked };
  };
  const isQuiet = async () => Object.values(await onItsWay()).every((count) => count === 0);
  const stack = opened.move();
  return {
    databaseUrl,
    sql: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await pool.query<Row>(text, values)).rows,
    onItsWay,
    backlog: () => messages(main),
    deadLetters: () => messages(deadLetters),
    quiet: (timeoutMs) =>
      // Twice: what goes from a queue to the outbox between two looks is seen by the next.
      waitUntil(async () => (await isQuiet()) && (await isQuiet()), {
        what: 'the outbox and the queues are empty',
        timeoutMs,
        everyMs: 250,
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The queues as emu has them in its variables. */
async function queues(endpoint: string): Promise<(variable: string) => Queue> {
  // A stand-in takes any credentials, and the SDK demands some.
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
  const client = createQueueClient({ region: 'us-east-1', endpoint });
  const variables = JSON.parse(
    await kubectl([
      ...['get', 'deployment/emu'],
      '--output=jsonpath={.spec.template.spec.containers[0].env}',
    ]),
  ) as { name: string; value?: string }[];
  return (variable) =>
    new Queue(client, variables.find(({ name }) => name === variable)?.value ?? '');
}
