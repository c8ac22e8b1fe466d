import { decodeJob, provenanceOf, type ChangeJob } from '@aviary/change-job';
import type { Charge } from '@aviary/local/embeddings';
import type { Operation } from '@aviary/local/pinecone';
import type { SqsExchange } from '@aviary/local/sqs';
import { z } from 'zod';
import type { Timeline } from './timeline.ts';

/** A record by the name of its SemanticIndex, which is also its namespace, and its id. */
export const rowName = (index: string, id: string) => `${index} ${id}`;

const url = z.object({ QueueUrl: z.string() });
const entries = z.object({
  Entries: z.array(
    z.object({
      Id: z.string(),
      MessageBody: z.string().optional(),
      ReceiptHandle: z.string().optional(),
      VisibilityTimeout: z.number().optional(),
      DelaySeconds: z.number().optional(),
    }),
  ),
});
const successful = z.object({ Successful: z.array(z.object({ Id: z.string() })).default([]) });
const messages = z.object({
  Messages: z.array(z.object({ ReceiptHandle: z.string(), Body: z.string() })).default([]),
});

/** What the queue, the index and the embedder were asked to do and did: it is the measure of the verdict. */
export class Ledger {
  /** Jobs that the queue took, repeated ones too. */
  jobs = 0;
  /** Rows whose refresh was asked for. */
  refreshes = 0;
  /** Says whose link a port of 127.0.0.1 is. */
  slotOf: (port: number) => string | undefined = () => undefined;
  readonly #timeline: Timeline;
  readonly #newest = new Map<string, ChangeJob>();
  readonly #embedded = new Map<string, number>();
  readonly #receipts = new Map<string, string>();
  readonly #histories = new Map<string, string[]>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** The job of the highest version that the queue took of each row. */
  get newest(): ReadonlyMap<string, ChangeJob> {
    return this.#newest;
  }

  /** How often each text was embedded. */
  get embedded(): ReadonlyMap<string, number> {
    return this.#embedded;
  }

  /** All that happened to a row, in order. */
  history(row: string): readonly string[] {
    return this.#histories.get(row) ?? [];
  }

  readonly onCharge = ({ texts, granted }: Charge): void => {
    if (!granted) return;
    for (const text of texts) this.#embedded.set(text, (this.#embedded.get(text) ?? 0) + 1);
  };

  readonly onWrite = (operation: Operation): void => {
    const { namespace } = operation;
    if (operation.kind === 'upsert') {
      for (const [position, id] of operation.ids.entries()) {
        const version = provenanceOf(operation.metadata[position])?.version;
        this.#happened(rowName(namespace, id), `record written, version ${version ?? 'unknown'}`);
      }
    } else if (operation.kind === 'delete') {
      for (const id of operation.ids) this.#happened(rowName(namespace, id), 'record deleted');
    }
  };

  readonly onExchange = ({ action, request, answer }: SqsExchange): void => {
    const { data } = url.safeParse(request);
    if (data === undefined) return;
    const { port, pathname } = new URL(data.QueueUrl);
    const who = this.slotOf(Number(port)) ?? 'the harness';
    const isFor = (ending: string) => pathname.endsWith(ending);
    switch (action) {
      case 'SendMessageBatch': {
        const taken = new Set(successful.parse(answer).Successful.map(({ Id }) => Id));
        for (const entry of entries.parse(request).Entries) {
          if (!taken.has(entry.Id)) continue;
          const body = entry.MessageBody ?? '';
          if (isFor('-dead.fifo')) this.#deadLetter(who, body);
          else if (isFor('-refresh')) this.#refresh(who, body, entry.DelaySeconds ?? 0);
          else this.#job(who, body);
        }
        return;
      }
      case 'ReceiveMessage':
        if (!isFor('.fifo') || isFor('-dead.fifo')) return;
        for (const { ReceiptHandle, Body } of messages.parse(answer).Messages) {
          const { index, id, version } = decodeJob(Body);
          this.#receipts.set(ReceiptHandle, rowName(index, id));
          this.#happened(rowName(index, id), `version ${version} received by ${who}`);
        }
        return;
      case 'DeleteMessageBatch':
      case 'ChangeMessageVisibilityBatch':
        for (const { ReceiptHandle, VisibilityTimeout } of entries.parse(request).Entries) {
          const row = this.#receipts.get(ReceiptHandle ?? '');
          if (row === undefined) continue;
          const what =
            VisibilityTimeout === undefined ? 'acknowledged' : `extended to ${VisibilityTimeout} s`;
          this.#happened(row, `${what} by ${who}`);
        }
    }
  };

  #job(who: string, body: string): void {
    const job = decodeJob(body);
    const row = rowName(job.index, job.id);
    this.jobs += 1;
    this.#happened(row, `version ${job.version} (${job.op}) published by ${who}`);
    if (job.version >= (this.#newest.get(row)?.version ?? 0)) this.#newest.set(row, job);
  }

  #refresh(who: string, body: string, delaySeconds: number): void {
    const { index, ids } = z
      .object({ index: z.string(), ids: z.array(z.string()) })
      .parse(JSON.parse(body));
    this.refreshes += ids.length;
    for (const id of ids) {
      this.#happened(rowName(index, id), `refresh asked for by ${who}, in ${delaySeconds} s`);
    }
  }

  #deadLetter(who: string, body: string): void {
    const {
      index = '',
      id = '',
      stage,
    } = z
      .object({ index: z.string().optional(), id: z.string().optional(), stage: z.string() })
      .parse(JSON.parse(body));
    this.#happened(rowName(index, id), `dead-lettered at ${stage} by ${who}`);
  }

  #happened(row: string, what: string): void {
    const history = this.#histories.get(row) ?? [];
    this.#histories.set(row, history);
    history.push(`${this.#timeline.now()} ${what}`);
  }
}
