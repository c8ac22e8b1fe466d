import { EventEmitter, once } from 'node:events';
import type { Lease } from './leases.ts';

/**
 * Leases received and not yet in work, oldest first. Bounded in leases and in characters, so that a backlog
 * stays in the queue and not in memory; what is under way when it fills up still finds room.
 */
export class LeaseBuffer {
  readonly #maxLeases: number;
  readonly #maxCharacters: number;
  readonly #events = new EventEmitter().setMaxListeners(0);
  #leases: Lease[] = [];
  #characters = 0;

  constructor(options: { maxLeases: number; maxCharacters: number }) {
    this.#maxLeases = options.maxLeases;
    this.#maxCharacters = options.maxCharacters;
  }

  push(leases: readonly Lease[]): void {
    this.#leases.push(...leases);
    for (const lease of leases) this.#characters += charactersOf(lease);
  }

  /** Removes up to `max` leases. */
  take(max: number): Lease[] {
    const taken = this.#leases.splice(0, max);
    for (const lease of taken) this.#characters -= charactersOf(lease);
    if (!this.isFull) this.#events.emit('room');
    return taken;
  }

  get size(): number {
    return this.#leases.length;
  }

  get isFull(): boolean {
    return this.#leases.length >= this.#maxLeases || this.#characters >= this.#maxCharacters;
  }

  /** Resolves when there is room. Rejects when the signal aborts. */
  async whenRoom(signal: AbortSignal): Promise<void> {
    while (this.isFull) await once(this.#events, 'room', { signal });
  }
}

function charactersOf(lease: Lease): number {
  return lease.messages.reduce((sum, message) => sum + message.body.length, 0);
}
