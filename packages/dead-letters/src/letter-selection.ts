import { rowOf, type DeadLetterBox, type HeldLetter } from './dead-letter-box.ts';

/** Letters by what they say; without anything, all. */
export interface LetterFilter {
  index?: string;
  stage?: string;
  /** Part of the reason, in any case. */
  reason?: string;
}

/** A letter that was asked for, and why nothing is done about it. */
export interface NotDone {
  letterId: string;
  reason: string;
}

export interface Selected {
  letters: HeldLetter[];
  missing: NotDone[];
}

export function matches({ letter }: HeldLetter, { index, stage, reason }: LetterFilter): boolean {
  return (
    (index === undefined || letter.index === index) &&
    (stage === undefined || letter.stage === stage) &&
    (reason === undefined || letter.reason.toLowerCase().includes(reason.toLowerCase()))
  );
}

/**
 * The letters that a person means, by ids or by a filter, a few at a time.
 *
 * @param before of a filter's, those that arrived by then, in milliseconds since the epoch: a row that is redriven may
 *   fail again at once, and were its new letter taken, there would be no end.
 */
export async function* selected(
  box: DeadLetterBox,
  ids: readonly string[],
  filter: LetterFilter,
  before = Date.now(),
): AsyncGenerator<Selected> {
  if (ids.length > 0) {
    yield await byIds(box, ids);
    return;
  }
  for await (const page of box.letters()) {
    const letters = page.filter((held) => held.arrivedAt <= before && matches(held, filter));
    yield { letters, missing: [] };
  }
}

/** One letter by its id or by how it begins, or why there is none. */
export async function find(box: DeadLetterBox, id: string): Promise<HeldLetter | NotDone> {
  let found: HeldLetter | undefined;
  for await (const page of box.letters()) {
    const hits = page.filter(({ letterId }) => letterId.startsWith(id));
    if (hits.length > 1 || (hits.length === 1 && found !== undefined)) return ambiguous(id);
    found ??= hits[0];
    if (found?.letterId === id) break;
  }
  return found ?? absent(id);
}

/**
 * A row's letters are shown as one, by the id of the last one, so an id stands for its letter and the older ones
 * of its row.
 */
async function byIds(box: DeadLetterBox, ids: readonly string[]): Promise<Selected> {
  const seen: HeldLetter[] = [];
  const unseen = new Set(ids);
  for await (const page of box.letters()) {
    for (const held of page) {
      // There may be a hundred thousand: without what makes them long.
      seen.push({ ...held, letter: { ...held.letter, rawBody: undefined } });
      unseen.delete(held.letterId);
    }
    if (unseen.size === 0) break;
  }
  const letters = new Set<HeldLetter>();
  const missing: NotDone[] = [];
  for (const id of ids) {
    const [hit, second] = seen.filter(({ letterId }) => letterId.startsWith(id));
    if (hit === undefined) missing.push(absent(id));
    else if (second !== undefined) missing.push(ambiguous(id));
    else {
      for (const held of seen) {
        const isOlder = held.letter.deadLetteredAt <= hit.letter.deadLetteredAt;
        if (rowOf(held) === rowOf(hit) && isOlder) letters.add(held);
      }
    }
  }
  return { letters: [...letters], missing };
}

const absent = (letterId: string): NotDone => ({
  letterId,
  reason: 'Not found: it is gone, or somebody else looks at it just now.',
});

const ambiguous = (letterId: string): NotDone => ({
  letterId,
  reason: 'Several ids begin so: give more of it (--json shows them whole).',
});
