import { readDeadLetter, type DeadLetter } from '@aviary/change-job';
import type { Queue } from '@aviary/queue';

/** A message of the dead-letter queue, held so that nobody else gets it. */
export interface HeldLetter {
  /** The message's own id in SQS. */
  letterId: string;
  receiptHandle: string;
  letter: DeadLetter;
  /** When it came into the dead-letter queue by SQS' clock, in milliseconds since the epoch. */
  arrivedAt: number;
}

/** How long a killed look hides what it saw from the next one. */
const visibilityTimeoutSeconds = 60;
/** A long poll asks all servers of SQS; one that does not wait asks some, and may find nothing. */
const waitSeconds = 1;
const giveBackTimeoutMs = 10_000;

/**
 * A look into the dead-letter queue. SQS cannot show messages without handing them out, so everything seen is
 * held, and given back when the look ends; were it given back before, it would be seen again and again.
 * Of a row's letters (a message group) the later ones are out of sight while the first ones are held. Being
 * received so often harms no letter: nothing is moved out of this queue for it.
 */
export class DeadLetterBox implements AsyncDisposable {
  readonly #queue: Queue;
  readonly #signal: AbortSignal;
  /** Receipt handles by letter id. */
  readonly #held = new Map<string, string>();

  constructor(queue: Queue, signal: AbortSignal) {
    this.#queue = queue;
    this.#signal = signal;
  }

  /** Hands out each letter once, a few at a time, until there are no others to be seen. */
  async *letters(): AsyncGenerator<HeldLetter[]> {
    for (;;) {
      // To its end whatever happens: were it cut off, what it brings would be hidden and not given back.
      const { signal } = new AbortController();
      const messages = await this.#queue.receive({ waitSeconds, visibilityTimeoutSeconds, signal });
      const unseen = messages.filter(({ id }) => !this.#held.has(id));
      for (const { id, receiptHandle } of messages) this.#held.set(id, receiptHandle);
      this.#signal.throwIfAborted();
      // After the visibility timeout the first ones come again.
      if (unseen.length === 0) return;
      yield unseen.map((message) => ({
        letterId: message.id,
        receiptHandle: message.receiptHandle,
        letter: readDeadLetter(message),
        arrivedAt: message.sentAt,
      }));
    }
  }

  /**
   * Deletes letters for good.
   *
   * @returns those that are there yet: they were held for too long.
   */
  async remove(letters: readonly HeldLetter[]): Promise<HeldLetter[]> {
    const kept = await this.#queue.acknowledge(letters, this.#signal);
    for (const letter of letters) {
      if (!kept.includes(letter)) this.#held.delete(letter.letterId);
    }
    return kept;
  }

  /** Gives everything back, also after an abort. What SQS does not take back now comes back by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    const held = [...this.#held.values()].map((receiptHandle) => ({ receiptHandle }));
    await this.#queue
      .extend(held, 0, AbortSignal.timeout(giveBackTimeoutMs))
      .catch(() => undefined);
  }
}

/** The row that a letter is about, as text to compare by; a letter without one stands for itself. */
export function rowOf({ letterId, letter: { index, id } }: HeldLetter): string {
  return index === undefined || id === undefined ? letterId : `${index}\n${id}`;
}
