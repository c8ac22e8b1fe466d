import { query, type Pool } from '@aviary/postgres';
import type { Queue, QueueDepth } from '@aviary/queue';
import { sleep } from '@aviary/runtime';
import type { CapturedTable } from '../capture/capture.ts';
import { joinKey } from '../tables/row-sql.ts';

/** What was last seen on its way to the index. */
export interface OnItsWay {
  /** A backfill is yet to put rows into the outbox. */
  backfill: boolean;
  /** Of the rows that were asked about, those in the outbox. */
  outbox: number;
  queue: QueueDepth;
  refreshQueue: QueueDepth;
}

const sampleMs = 200;
const none: QueueDepth = { visible: 0, inFlight: 0, delayed: 0 };

/** Looks at all the places where a change may be between the table and the index. */
export class Transit {
  readonly #options: { pool: Pool; table: CapturedTable; queue: Queue; refreshQueue: Queue };
  readonly seen: OnItsWay = { backfill: false, outbox: 0, queue: none, refreshQueue: none };

  constructor(options: { pool: Pool; table: CapturedTable; queue: Queue; refreshQueue: Queue }) {
    this.#options = options;
  }

  /**
   * Which of these keys are yet to be published; all of them while a backfill is under way, which is looked for
   * first: once it is finished, all its keys have been in the outbox.
   */
  async inOutbox(keys: readonly (readonly string[])[]): Promise<Set<string>> {
    const { pool, table } = this.#options;
    const texts = keys.map(joinKey);
    const backfills = await query(
      pool,
      'looking for backfills',
      'select 1 from aviary.backfill where source_id = $1 and finished_at is null',
      [table.sourceId],
    );
    this.seen.backfill = backfills.length > 0;
    const rows = await query<{ key: string }>(
      pool,
      'looking for keys in the outbox',
      `select distinct key from aviary.outbox o, unnest(o.keys) as key
       where o.source_id = $1 and key = any ($2::text[])`,
      [table.sourceId, texts],
    );
    this.seen.outbox = rows.length;
    return new Set(this.seen.backfill ? texts : rows.map(({ key }) => key));
  }

  /** Looks at the queues for so long. @returns when both were seen empty, by performance.now(). */
  async emptyWithin(ms: number, signal: AbortSignal): Promise<number | undefined> {
    const { queue, refreshQueue } = this.#options;
    const end = performance.now() + ms;
    let emptyAt: number | undefined;
    for (;;) {
      const now = performance.now();
      if (emptyAt === undefined) {
        // One after the other: what a refresh is asked for leaves the queue only when the request is sent.
        this.seen.queue = await queue.depth(signal);
        this.seen.refreshQueue = await refreshQueue.depth(signal);
        if (isEmpty(this.seen.queue) && isEmpty(this.seen.refreshQueue)) emptyAt = now;
      }
      const leftMs = end - performance.now();
      if (leftMs <= 0) return emptyAt;
      await sleep(emptyAt === undefined ? Math.min(sampleMs, leftMs) : leftMs, signal);
    }
  }
}

const isEmpty = ({ visible, inFlight, delayed }: QueueDepth) => visible + inFlight + delayed === 0;
