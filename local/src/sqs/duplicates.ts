/** A message of a ReceiveMessage answer; the rest of it passes through untouched. */
interface Delivered {
  MessageId: string;
  ReceiptHandle: string;
}

/** Deliveries kept to be made once more. */
export class Duplicates {
  readonly #kept = new Map<string, Delivered[]>();

  /** Keeps the messages of a receive's answer for the next receive on that queue. */
  keep(queueUrl: string, answer: string): void {
    const { Messages } = JSON.parse(answer) as { Messages?: Delivered[] };
    if (Messages) this.#kept.set(queueUrl, Messages);
  }

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  /** The kept messages that are still in flight, once. */
  take(queueUrl: string): Delivered[] {
    const messages = this.#kept.get(queueUrl) ?? [];
    this.#kept.delete(queueUrl);
    return messages;
  }

  /** A message deleted or given back is in flight no longer. */
  forget(queueUrl: string, receiptHandles: readonly string[]): void {
    const kept = this.#kept.get(queueUrl);
    if (kept === undefined) return;
    const rest = kept.filter((message) => !receiptHandles.includes(message.ReceiptHandle));
    this.#kept.set(queueUrl, rest);
  }
}
