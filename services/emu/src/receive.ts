import type { Queue, ReceivedMessage } from '@aviary/queue';
import type { Dependency } from './dependency.ts';

/**
 * How long the lead waits for a message. A poll that is cut off may take messages along, hidden until their
 * visibility timeout ends, so a stop waits for it: hence far below SQS's 20 s. Idle, it makes a request every 2 s.
 */
const longPollSeconds = 2;
/** An answer with so many messages, of at most ten, says that one poll is too few. */
const busyAnswer = 5;

export interface ReceiverOptions {
  queue: Queue;
  dependency: Dependency;
  visibilityTimeoutSeconds: number;
  /** Most polls at once. */
  polls: number;
  /** Resolves when there is room for more messages; rejects when the signal aborts. */
  whenRoom: (signal: AbortSignal) => Promise<void>;
  /** Takes what one poll brought, 1 to 10 messages. */
  onMessages: (messages: readonly ReceivedMessage[], receivedAt: number) => void;
}

/**
 * Takes messages from the queue while there is room for them. A lead waits for messages; while it finds
 * plenty, followers help it, each until it finds none.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #abort = new AbortController();
  readonly #loops = new Set<Promise<void>>();
  /** Requests that SQS has yet to answer. */
  #open = 0;
  #stopping = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#run(this.#lead());
  }

  /** Resolves when nothing more will come. Polls under way bring what they find, unless the deadline cuts them off. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true;
    const cutOff = () => this.#abort.abort();
    if (this.#open === 0 || deadline.aborted) cutOff();
    deadline.addEventListener('abort', cutOff);
    await Promise.all(this.#loops);
    deadline.removeEventListener('abort', cutOff);
  }

  async #lead(): Promise<void> {
    // The first poll answers at once, so that health soon knows.
    let waitSeconds = 0;
    while (!this.#stopping) {
      const count = await this.#poll(waitSeconds);
      waitSeconds = longPollSeconds;
      if (count >= busyAnswer) this.#callFollowers();
    }
  }

  #callFollowers(): void {
    while (this.#loops.size < this.#options.polls) this.#run(this.#follow());
  }

  async #follow(): Promise<void> {
    while (!this.#stopping && (await this.#poll(0)) > 0);
  }

  #run(polling: Promise<void>): void {
    const loop = polling
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) throw error;
      })
      .finally(() => this.#loops.delete(loop));
    this.#loops.add(loop);
  }

  /** @returns how many messages came. */
  async #poll(waitSeconds: number): Promise<number> {
    const { queue, dependency, visibilityTimeoutSeconds, whenRoom, onMessages } = this.#options;
    const { signal } = this.#abort;
    await whenRoom(signal);
    const messages = await dependency.call(async () => {
      this.#open += 1;
      try {
        return await queue.receive({ waitSeconds, visibilityTimeoutSeconds, signal });
      } finally {
        this.#open -= 1;
        // What still waits, waits to ask again.
        if (this.#stopping && this.#open === 0) this.#abort.abort();
      }
    }, signal);
    if (messages.length > 0) onMessages(messages, performance.now());
    return messages.length;
  }
}
