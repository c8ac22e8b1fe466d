import { keyOfRecordId } from '@aviary/change-job';
import { PermanentError } from '@aviary/runtime';
import { rowOf, type HeldLetter } from './dead-letter-box.ts';

/** A letter as people and programs are shown it. Times are ISO 8601. */
export interface LetterView {
  letterId: string;
  index: string | null;
  recordId: string | null;
  key: string[] | null;
  stage: string;
  reason: string;
  version: number | null;
  firstSeenAt: string;
  lastSeenAt: string;
  receiveCount: number;
}

/** The letters of a row: the last one, since when there are any, and how many. */
export interface LettersView extends LetterView {
  letters: number;
}

export function viewOf({ letterId, letter }: HeldLetter): LetterView {
  return {
    letterId,
    index: letter.index ?? null,
    recordId: letter.id ?? null,
    key: keyOf(letter.id),
    stage: letter.stage,
    reason: letter.reason,
    version: letter.version ?? null,
    firstSeenAt: iso(letter.firstSeenAt),
    lastSeenAt: iso(letter.deadLetteredAt),
    receiveCount: letter.receiveCount,
  };
}

export class LettersByRow {
  readonly #rows = new Map<string, LettersView>();

  add(held: HeldLetter): void {
    const row = rowOf(held);
    const view = viewOf(held);
    const others = this.#rows.get(row) ?? { ...view, letters: 0 };
    const last = view.lastSeenAt >= others.lastSeenAt ? view : others;
    const first = view.firstSeenAt < others.firstSeenAt ? view : others;
    this.#rows.set(row, {
      ...last,
      firstSeenAt: first.firstSeenAt,
      letters: others.letters + 1,
    });
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Oldest first. */
  views(): LettersView[] {
    return [...this.#rows.values()].sort((a, b) => a.lastSeenAt.localeCompare(b.lastSeenAt));
  }
}

/** A foreign letter's time may be any number. */
function iso(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString();
}

function keyOf(id: string | undefined): string[] | null {
  try {
    return id === undefined ? null : keyOfRecordId(id);
  } catch (error) {
    if (error instanceof PermanentError) return null;
    throw error;
  }
}
