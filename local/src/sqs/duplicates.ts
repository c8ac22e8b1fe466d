/** A message of a ReceiveMessage answer; the rest of it passes through untouched. */
interface Delivered {
  MessageId: string;
  ReceiptHandle: string;
}

/** Deliveries kept to be made once more, by the name of their queue: its URL's host is that of each client. */
export class Duplicates {
  readonly #kept = new Map<string, Delivered[]>();

  /** Keeps the messages of a receive's answer for the next receive on that queue. */
  keep(queueUrl: string, answer: string): void {
    const { Messages } = JSON.parse(answer) as { Messages?: Delivered[] };
    if (Messages) this.#kept.set(nameOf(queueUrl), Messages);
  }

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  /** The kept messages that are still in flight, once. */
  take(queueUrl: string): Delivered[] {
    const messages = this.#kept.get(nameOf(queueUrl)) ?? [];
    this.#kept.delete(nameOf(queueUrl));
    return messages;
  }

  /** A message deleted or given back is in flight no longer. */
  forget(queueUrl: string, receiptHandles: readonly string[]): void {
    const kept = this.#kept.get(nameOf(queueUrl));
    if (kept === undefined) return;
    const rest = kept.filter((message) => !receiptHandles.includes(message.ReceiptHandle));
    this.#kept.set(nameOf(queueUrl), rest);
  }
}

const nameOf = (queueUrl: string) => queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
