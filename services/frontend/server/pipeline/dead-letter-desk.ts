import {
  DeadLetterBox,
  LettersByRow,
  redrive,
  rowOf,
  selected,
  type HeldLetter,
} from '@aviary/dead-letters';
import type { Queue } from '@aviary/queue';
import { RetryableError, sleep } from '@aviary/runtime';
import {
  mostLetters,
  type DeadLetters,
  type LetterOutcome,
  type LetterSelection,
} from '../../shared/dead-letter.ts';

export interface DeadLetterDeskOptions {
  queue: Queue;
  /** Where pelican is asked to read rows anew. */
  refreshQueue: Queue;
  /** Names of the SemanticIndexes there are specs of. */
  known: () => ReadonlySet<string>;
}

export type Deed = 'redrive' | 'discard';

/** What was seen is shown for so long to whoever asks. */
const keepMs = 3_000;
/** A look or a deed ends itself after so long, with what it has done: an asker and its proxies wait no longer. */
const longestMs = 15_000;
/** Letters that somebody else may hold are looked for so often, and so long after each other. */
const looks = 4;
const againMs = 1_000;

const heldTooLong = 'SQS did not delete it, for it was held too long: try it again.';

/**
 * The dead letters for many viewers and editors. To look at letters is to hold them, so this process looks once for
 * all who ask, and never while it redrives or discards: it would hide the letters from itself. What another
 * process holds is looked for again, for a while.
 */
export class DeadLetterDesk {
  readonly #options: DeadLetterDeskOptions;
  readonly #stopping = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #looking: Promise<DeadLetters> | undefined;
  #last: { letters: DeadLetters; at: number } | undefined;

  constructor(options: DeadLetterDeskOptions) {
    this.#options = options;
  }

  /** @throws RetryableError while SQS is away. */
  async list(): Promise<DeadLetters> {
    if (this.#last && performance.now() - this.#last.at < keepMs) return this.#last.letters;
    this.#looking ??= this.#inTurn(() => this.#look()).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Redrives or discards letters for good. @throws RetryableError while SQS is away. */
  async act(deed: Deed, selection: LetterSelection): Promise<LetterOutcome> {
    return this.#inTurn(() => this.#act(deed, selection));
  }

  /** Gives back what is held. */
  async close(): Promise<void> {
    this.#stopping.abort(new RetryableError('The server stops.'));
    await this.#turn;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #look(): Promise<DeadLetters> {
    const end = performance.now() + longestMs;
    const inQueue = await this.#count();
    const byRow = new LettersByRow();
    let seen = 0;
    if (inQueue > 0) {
      await using box = this.#open();
      for await (const page of box.letters()) {
        seen += page.length;
        for (const held of page) byRow.add(held);
        if (byRow.size > mostLetters || performance.now() > end) break;
      }
    }
    const rows = byRow.views();
    const letters = {
      rows: rows.slice(0, mostLetters),
      seen,
      inQueue: Math.max(inQueue, seen),
      more: rows.length > mostLetters,
    };
    this.#last = { letters, at: performance.now() };
    return letters;
  }

  async #act(deed: Deed, selection: LetterSelection): Promise<LetterOutcome> {
    this.#last = undefined;
    const end = performance.now() + longestMs;
    const before = ('all' in selection ? selection.before : undefined) ?? Date.now();
    const rows = new Set<string>();
    const outcome: LetterOutcome = { letters: 0, rows: 0, notDone: [], more: false, before };
    const doTo = async (box: DeadLetterBox, letters: readonly HeldLetter[]) => {
      const { done, notDone } = await this.#do(deed, box, letters);
      outcome.notDone.push(...notDone);
      outcome.letters += done.length;
      for (const held of done) rows.add(rowOf(held));
    };
    const pass = async (ids: readonly string[]) => {
      const missing: LetterOutcome['notDone'] = [];
      await using box = this.#open();
      for await (const found of selected(box, ids, {}, before)) {
        await doTo(box, found.letters);
        missing.push(...found.missing);
        if (performance.now() < end) continue;
        outcome.more = true;
        return missing;
      }
      if (ids.length === 0 || rows.size === 0) return missing;
      // Behind the letters that are gone now, others of their rows come into sight.
      for await (const page of box.letters()) {
        await doTo(
          box,
          page.filter((held) => held.arrivedAt <= before && rows.has(rowOf(held))),
        );
        if (performance.now() > end) break;
      }
      return missing;
    };
    if ('all' in selection) await pass([]);
    else {
      let missing = await pass(selection.letterIds);
      for (let look = 1; look < looks && missing.length > 0; look += 1) {
        if (performance.now() > end || !(await this.#othersLook())) break;
        await sleep(againMs, this.#stopping.signal);
        missing = await pass(missing.map(({ letterId }) => letterId));
      }
      outcome.notDone.push(...missing);
    }
    return { ...outcome, rows: rows.size };
  }

  async #do(deed: Deed, box: DeadLetterBox, letters: readonly HeldLetter[]) {
    const { refreshQueue, known } = this.#options;
    const { signal } = this.#stopping;
    if (deed === 'discard') {
      const kept = await box.remove(letters);
      return { done: letters.filter((letter) => !kept.includes(letter)), notDone: noted(kept) };
    }
    const asked = { box, refreshQueue, known: known(), signal };
    const { redriven, refused, kept } = await redrive(letters, asked);
    return { done: redriven, notDone: [...refused, ...noted(kept)] };
  }

  #open(): DeadLetterBox {
    return new DeadLetterBox(this.#options.queue, this.#stopping.signal);
  }

  /** Asked while nothing is held here. */
  async #othersLook(): Promise<boolean> {
    return (await this.#options.queue.depth(this.#stopping.signal)).inFlight > 0;
  }

  async #count(): Promise<number> {
    const { visible, inFlight } = await this.#options.queue.depth(this.#stopping.signal);
    return visible + inFlight;
  }
}

function noted(kept: readonly HeldLetter[]): LetterOutcome['notDone'] {
  return kept.map(({ letterId }) => ({ letterId, reason: heldTooLong }));
}
