import { keyOfRecordId } from '@aviary/change-job';
import { PermanentError } from '@aviary/runtime';
import { rowOf, type HeldLetter } from '../dead-letters/dead-letter-box.ts';
import { columns, printable } from './columns.ts';

/** A letter as --json has it. Times are ISO 8601. */
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

const longestKey = 40;
const longestReason = 100;

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

/** @param now milliseconds since the epoch */
export function tableOf(views: readonly LettersView[], now: number): string {
  return columns(
    [
      'ID',
      'INDEX',
      'KEY',
      'STAGE',
      'LETTERS',
      'RECEIVED',
      'FIRST SEEN',
      'LAST SEEN',
      'AGE',
      'REASON',
    ],
    views.map((view) => [
      view.letterId.slice(0, 8),
      view.index ?? '-',
      cut(view.recordId ?? '-', longestKey),
      view.stage,
      String(view.letters),
      String(view.receiveCount),
      seconds(view.firstSeenAt),
      seconds(view.lastSeenAt),
      age(now - Date.parse(view.lastSeenAt)),
      cut(view.reason, longestReason),
    ]),
  );
}

/** All of one letter, a line each; a message that is no job last, as it is but for control characters. */
export function detailsOf(view: LetterView, rawBody: string | undefined, now: number): string {
  const lines: [string, string][] = [
    ['ID', view.letterId],
    ['Index', view.index ?? '-'],
    ['Record id', view.recordId ?? '-'],
    ['Key', view.key === null ? '-' : view.key.join(', ')],
    ['Version', view.version === null ? '-' : String(view.version)],
    ['Stage', view.stage],
    ['Reason', view.reason],
    ['First seen', seconds(view.firstSeenAt)],
    ['Last seen', `${seconds(view.lastSeenAt)} (${age(now - Date.parse(view.lastSeenAt))} ago)`],
    ['Received', `${view.receiveCount} times`],
    ...(rawBody === undefined ? [] : [['Message', rawBody] as [string, string]]),
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(13)}${printable(value)}`).join('\n');
}

/** As kubectl has it: the largest unit alone. */
function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m`;
  if (s < 86_400) return `${Math.floor(s / 3_600)}h`;
  return `${Math.floor(s / 86_400)}d`;
}

/** Whole seconds are enough for people. */
function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
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
