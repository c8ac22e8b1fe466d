import { setTimeout as delay } from 'node:timers/promises';
import { buildApp } from 'fauxqs';
import { z } from 'zod';
import { PermanentError } from '@aviary/runtime';
import { Duplicates } from './duplicates.ts';
import { FaultPlan, faultsSchema, type Faults } from './faults.ts';
import { giveBackRequest } from './undelivered.ts';

export type { Faults as SqsFaults } from './faults.ts';

export interface SqsOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Address to listen on; 127.0.0.1 when absent. */
  host?: string;
  faults?: Faults;
  /** Told of every request that was carried out, also where its client never learns of it. */
  onExchange?: (exchange: SqsExchange) => void;
}

export interface SqsExchange {
  /** Such as `SendMessageBatch`. */
  action: string;
  /** The bodies, as SQS's reference has them. */
  request: unknown;
  answer: unknown;
}

export interface LocalSqs {
  /** The endpoint for a client; the URLs of queues begin with it. */
  readonly url: string;
  readonly port: number;
  /** Replaces all faults; {} ends them. */
  setFaults(faults: Faults): void;
  /** Ends waiting receives and forgets every queue and message: nothing is kept on disk. */
  close(): Promise<void>;
}

type App = ReturnType<typeof buildApp>;
type Request = Pick<Parameters<App['errorHandler']>[1], 'headers' | 'raw'>;

const sqsBody = z.object({
  QueueUrl: z.string(),
  ReceiptHandle: z.string().optional(),
  Entries: z.array(z.object({ ReceiptHandle: z.string().optional() })).optional(),
});

// fauxqs names queues by sqs.REGION.localhost, which not every resolver knows, and finds them by any
// host: a queue's URL carries the host its client reached the server by, as a real one would.
const namesQueues = new Set(['CreateQueue', 'GetQueueUrl', 'ListQueues']);
const ownQueueHost = /(?<=http:\/\/)sqs\.[\w-]+\.localhost(:\d+)?/g;

// Of sqs.NAME.… it takes NAME for the region, which may as well be a namespace in a cluster.
const regionLikeHost = /^(https?:\/\/)sqs\.[^/]+/;

/**
 * Serves SQS from memory, with PUT /_faults beside it. The faults are hooks inside the server, so
 * that without any the requests take no detour.
 *
 * @throws PermanentError when the port is taken.
 */
export async function startSqs(options: SqsOptions = {}): Promise<LocalSqs> {
  let faults = new FaultPlan(options.faults ?? {});
  const duplicates = new Duplicates();
  const app = buildApp({ logger: false });
  // Kept for as long as its client wants: a request by a connection that ends just then would fail.
  app.server.keepAliveTimeout = 0;

  app.addHook('onRequest', async (request, reply) => {
    if (actionOf(request) === undefined) return;
    if (faults.strikes('dropBefore')) {
      request.raw.socket.destroy();
      return reply.hijack();
    }
    if (faults.latencyMs > 0) await delay(faults.latencyMs);
    if (faults.strikes('serverError')) {
      return reply.status(500).send(apiError('InternalFailure', 'The fault serverError is on.'));
    }
    if (faults.strikes('throttled')) {
      return reply.status(403).send(apiError('RequestThrottled', 'The fault throttled is on.'));
    }
  });

  app.addHook('preHandler', (request, _reply, done) => {
    const body = request.body as { QueueUrl?: unknown } | null | undefined;
    if (typeof body?.QueueUrl === 'string') {
      body.QueueUrl = body.QueueUrl.replace(regionLikeHost, '$1localhost');
    }
    done();
  });

  app.addHook('preHandler', async (request, reply) => {
    const action = actionOf(request);
    if (action === undefined || duplicates.isEmpty) return;
    const { data } = sqsBody.safeParse(request.body);
    if (data === undefined) return;
    if (action === 'ReceiveMessage') {
      const Messages = duplicates.take(data.QueueUrl);
      if (Messages.length > 0) {
        return reply.header('content-type', 'application/x-amz-json-1.0').send({ Messages });
      }
    } else {
      const handles = [data, ...(data.Entries ?? [])].flatMap((entry) => entry.ReceiptHandle ?? []);
      duplicates.forget(data.QueueUrl, handles);
    }
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const action = actionOf(request);
    if (action === undefined || reply.statusCode !== 200) return;
    options.onExchange?.({ action, request: request.body, answer: parseAnswer(payload) });
    if (action === 'ReceiveMessage' && request.raw.socket.destroyed) {
      // The poll went on after its client had gone, and would hide messages that nobody got.
      const giveBack = giveBackRequest(request.body, String(payload));
      if (giveBack) await app.inject(giveBack);
      return;
    }
    if (action === 'ReceiveMessage' && faults.strikes('duplicate')) {
      const { data } = sqsBody.safeParse(request.body);
      if (data) duplicates.keep(data.QueueUrl, String(payload));
    }
    if (faults.strikes('dropAfter')) request.raw.socket.destroy();
  });

  app.addHook('onSend', async (request, _reply, payload) => {
    if (!namesQueues.has(actionOf(request) ?? '')) return payload;
    return String(payload).replaceAll(ownQueueHost, request.headers.host ?? '127.0.0.1');
  });

  app.put('/_faults', async (request, reply) => {
    const { data, error } = faultsSchema.safeParse(JSON.parse(String(request.body)));
    if (error) return reply.status(400).send(apiError('InvalidFaults', z.prettifyError(error)));
    faults = new FaultPlan(data);
    return reply.status(204).send();
  });

  const port = await listen(app, options.port ?? 0, options.host ?? '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    setFaults: (next) => void (faults = new FaultPlan(next)),
    close: () => app.close(),
  };
}

/** Such as `ReceiveMessage`; undefined when the request is none of SQS's. */
const actionOf = ({ headers }: Request) =>
  /^AmazonSQS\.(\w+)$/.exec(String(headers['x-amz-target'] ?? ''))?.[1];

/** Some actions answer with nothing. */
const parseAnswer = (payload: unknown): unknown =>
  typeof payload === 'string' && payload !== '' ? JSON.parse(payload) : {};

const apiError = (code: string, message: string) => ({
  __type: `com.amazonaws.sqs#${code}`,
  message,
});

async function listen(app: App, port: number, host: string): Promise<number> {
  try {
    return Number(new URL(await app.listen({ port, host })).port);
  } catch (cause) {
    await app.close();
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new PermanentError(
      `The SQS stand-in cannot listen on ${host}:${port}: another process has that port. ` +
        'Stop that process or choose another port (0 takes a free one).',
      { cause },
    );
  }
}
