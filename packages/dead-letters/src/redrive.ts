import { encodeKey, encodeRefreshRequests, keyOfRecordId } from '@aviary/change-job';
import type { Queue } from '@aviary/queue';
import { PermanentError, RetryableError } from '@aviary/runtime';
import type { DeadLetterBox, HeldLetter } from './dead-letter-box.ts';

export interface RedriveOptions {
  box: DeadLetterBox;
  /** Where pelican is asked to read rows anew. */
  refreshQueue: Queue;
  /** Names of the SemanticIndexes there are specs of. */
  known: ReadonlySet<string>;
  signal: AbortSignal;
}

export interface Redriven {
  redriven: HeldLetter[];
  /** They stay in the queue. */
  refused: { letterId: string; reason: string }[];
  /** Their rows will be read anew, and the letters are there yet: they were held for too long. */
  kept: HeldLetter[];
}

/** Far below how long letters are held. */
const sendTimeoutMs = 20_000;

/**
 * Has the rows of dead letters read anew and published under a higher version; what the letters were about
 * is of no meaning any more, so no old state can come back. A letter is deleted only once its row is asked
 * for: whatever ends a redrive, the letter is there yet or its row is on its way.
 *
 * @throws RetryableError when the refresh queue does not take the requests in time: no letter is deleted then.
 */
export async function redrive(
  letters: readonly HeldLetter[],
  { box, refreshQueue, known, signal }: RedriveOptions,
): Promise<Redriven> {
  const refused: Redriven['refused'] = [];
  const rows = new Map<string, Set<string>>();
  const willing = letters.filter((held) => {
    const row = readableRow(held, known);
    if (typeof row === 'string') {
      refused.push({ letterId: held.letterId, reason: row });
      return false;
    }
    rows.set(row.index, (rows.get(row.index) ?? new Set()).add(row.id));
    return true;
  });
  const requests = [...rows].flatMap(([index, ids]) =>
    encodeRefreshRequests(index, [...ids]).map((body) => ({ body })),
  );
  await send(refreshQueue, requests, signal);
  const kept = await box.remove(willing);
  return { redriven: willing.filter((letter) => !kept.includes(letter)), refused, kept };
}

/** The row that can be asked for, or why there is none. */
function readableRow(
  { letter: { index, id } }: HeldLetter,
  known: ReadonlySet<string>,
): { index: string; id: string } | string {
  if (index === undefined || id === undefined) return 'It names no row to read anew: discard it.';
  if (!known.has(index)) {
    return `There is no spec of the index "${index}": give its file in SPECS, or discard the letter.`;
  }
  if (!isRecordId(id)) return `"${id}" is no record id of Aviary's: discard it.`;
  return { index, id };
}

/** Made of a key that Postgres can hold. */
function isRecordId(id: string): boolean {
  try {
    const key = keyOfRecordId(id);
    return encodeKey(key) === id && !key.some((part) => part.includes('\0'));
  } catch (error) {
    if (error instanceof PermanentError) return false;
    throw error;
  }
}

async function send(queue: Queue, requests: { body: string }[], signal: AbortSignal) {
  const timeout = AbortSignal.timeout(sendTimeoutMs);
  let reason = 'it did not answer';
  try {
    const [refused] = await queue.send(requests, {
      signal: AbortSignal.any([signal, timeout]),
      onRetry: (error) => (reason = error.message),
    });
    if (refused !== undefined) throw new PermanentError(refused.reason);
  } catch (error) {
    signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    throw new RetryableError(`The refresh queue took no request within 20 s: ${reason}`, {
      cause: error,
    });
  }
}
