import type { Queue, ReceivedMessage } from '@aviary/queue';
import type { Dependency } from './dependency.ts';

/** SQS's longest. */
const longPollSeconds = 20;
/** On a stop, polls that are about to bring messages may still do so: cut off, these would be hidden for long. */
const lastAnswersMs = 200;

export interface ReceiverOptions {
  queue: Queue;
  dependency: Dependency;
  visibilityTimeoutSeconds: number;
  /** Polls at once. */
  polls: number;
  /** Resolves when there is room for more messages; rejects when the signal aborts. */
  whenRoom: (signal: AbortSignal) => Promise<void>;
  /** Takes what one poll brought, 1 to 10 messages. */
  onMessages: (messages: readonly ReceivedMessage[], receivedAt: number) => void;
}

/** Keeps several long polls open while there is room for what they bring. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #abort = new AbortController();
  #stopping = false;
  #polls: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  start(): void {
    const polls = Array.from({ length: this.#options.polls }, () =>
      this.#poll().catch((error: unknown) => {
        if (!this.#abort.signal.aborted) throw error;
      }),
    );
    this.#polls = Promise.all(polls);
  }

  /** Resolves when no poll is open and nothing more will come. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const timer = setTimeout(() => this.#abort.abort(), lastAnswersMs);
    await this.#polls;
    clearTimeout(timer);
  }

  async #poll(): Promise<void> {
    const { queue, dependency, visibilityTimeoutSeconds, whenRoom, onMessages } = this.#options;
    const { signal } = this.#abort;
    // The first poll, and each after a failure, answers at once: so that health knows.
    let waitSeconds = 0;
    while (!this.#stopping) {
      await whenRoom(signal);
      const messages = await dependency.call(async () => {
        const wait = waitSeconds;
        waitSeconds = 0;
        return queue.receive({ waitSeconds: wait, visibilityTimeoutSeconds, signal });
      }, signal);
      waitSeconds = longPollSeconds;
      if (messages.length > 0) onMessages(messages, performance.now());
    }
  }
}
