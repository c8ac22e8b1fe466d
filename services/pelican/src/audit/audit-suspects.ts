import { performance } from 'node:perf_hooks';
import { encodeKey } from '@aviary/change-job';
import type { Difference } from './audit-difference.ts';
import type { Transit } from './audit-transit.ts';
import { joinKey } from '../tables/row-sql.ts';

/*
 * When is a difference a fault?
 *
 * A row and its record that were read a moment apart differ whenever a change is on its way, so a difference is a
 * suspect only. A committed change is in one of these places until it has reached the index:
 *
 *     backfill ──► outbox ──► queue (waiting, or in flight at an emu) ──► index
 *                    ▲          └──► refresh queue (waiting, in flight or delayed) ──┐
 *                    └───────────────────────────────────────────────────────────────┘
 *
 * It leaves a place only after it stands in the next: pelican removes it from the outbox once the queue has it, emu
 * acknowledges it once the index, or the refresh queue, has it. So a round of looks that goes along with the stream,
 *
 *     difference seen ─► key in no outbox row, no backfill under way ─► both queues empty ─► the same difference seen
 *
 * shows a fault: the row says what it said before the first look, every change that led there has left the outbox
 * before the second and was written before the third, and still the record says something else. `state`
 * covers the row's content and all the record's metadata, its version included, so anything that was written or
 * changed meanwhile makes it another difference, and the round begins anew.
 *
 * One round is not enough in practice: SQS's figures are approximate and Pinecone shows a write some time after it
 * has answered. So the queues must be seen empty twice, `settleMs` apart, with the same difference behind the
 * second time, and rounds in between must not find the key in the outbox. This also covers a change that slips
 * from place to place behind the looks' back, and a row that is deleted and put back with the same content
 * between two looks: either would have to do so at every round.
 *
 * That an emptied queue is required, and not merely that nothing waits in it while some is in flight, is on purpose:
 * emus keep messages in flight for as long as an embedder or an index is away, hours if need be, and no figure
 * of SQS tells those from passing ones. Under traffic without a gap a difference therefore stays undecided, unless it
 * may be repaired: its row is then sent anew, which does no harm where it was on its way (see `steadfast`).
 */

export interface Suspect {
  key: string[];
  difference: Difference;
  /** When this difference was first seen in a round, by performance.now(). */
  since: number;
  /** When the queues were first seen empty behind it. */
  emptyAt: number | undefined;
  waitsInOutbox: boolean;
}

/** A round's looks at these rows and their records: their differences now, by record id. */
export type Look = (keys: readonly string[][]) => Promise<Map<string, Difference>>;

const shortestRoundMs = 1_000;
const longestRoundMs = 15_000;

/** Differences that may turn out to be on their way, a bounded number of them. */
export class Suspects {
  readonly #byId = new Map<string, Suspect>();
  readonly #transit: Transit;
  readonly #look: Look;
  readonly #settleMs: number;
  #roundMs: number;

  constructor(options: { transit: Transit; look: Look; settleMs: number }) {
    this.#transit = options.transit;
    this.#look = options.look;
    this.#settleMs = options.settleMs;
    this.#roundMs = Math.min(shortestRoundMs, options.settleMs / 2);
  }

  get size(): number {
    return this.#byId.size;
  }

  add(key: string[], difference: Difference): void {
    const id = encodeKey(key);
    if (this.#byId.has(id)) return;
    const since = performance.now();
    this.#byId.set(id, { key, difference, since, emptyAt: undefined, waitsInOutbox: false });
  }

  /** Forgets all, and returns what there was. */
  takeAll(): Suspect[] {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    return all;
  }

  /**
   * One round. What is in step now is dropped, what is shown to be a fault taken out.
   *
   * @returns the faults, and whether the queues were seen empty.
   */
  async round(signal: AbortSignal): Promise<{ faults: Suspect[]; empty: boolean }> {
    const keys = [...this.#byId.values()].map(({ key }) => key);
    const waiting = await this.#transit.inOutbox(keys);
    const emptyAt = await this.#transit.emptyWithin(this.#roundMs, signal);
    const before = performance.now();
    const found = await this.#look(keys);
    // Looking at many rows takes long: it shall not be all that the index is busy with.
    const lookMs = performance.now() - before;
    this.#roundMs = Math.min(Math.max(this.#roundMs, 2 * lookMs), longestRoundMs);

    const faults: Suspect[] = [];
    for (const [id, suspect] of this.#byId) {
      const difference = found.get(id);
      suspect.waitsInOutbox = waiting.has(joinKey(suspect.key));
      if (difference === undefined) {
        this.#byId.delete(id);
      } else if (difference.state !== suspect.difference.state) {
        Object.assign(suspect, { difference, since: performance.now(), emptyAt: undefined });
      } else if (suspect.waitsInOutbox) {
        suspect.emptyAt = undefined;
      } else if (emptyAt !== undefined) {
        suspect.emptyAt ??= emptyAt;
        if (emptyAt - suspect.emptyAt < this.#settleMs) continue;
        this.#byId.delete(id);
        faults.push(suspect);
      }
    }
    return { faults, empty: emptyAt !== undefined };
  }

  /**
   * Takes out those that have stood unchanged for so long while nothing waited anywhere: only what is in flight, and
   * never empty under steady traffic, keeps them from being shown.
   */
  takeSteadfast(ms: number): Suspect[] {
    const { queue, refreshQueue, backfill } = this.#transit.seen;
    if (backfill || queue.visible + refreshQueue.visible + refreshQueue.delayed > 0) return [];
    const now = performance.now();
    const steadfast = [...this.#byId].filter(
      ([, suspect]) => !suspect.waitsInOutbox && now - suspect.since >= ms,
    );
    for (const [id] of steadfast) this.#byId.delete(id);
    return steadfast.map(([, suspect]) => suspect);
  }
}
