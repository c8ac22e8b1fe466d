import { withoutSecrets } from './secrets.ts';

/** What a part last said of itself. `since` is milliseconds since the epoch. */
export interface PartHealth {
  ok: boolean;
  reason: string | undefined;
  since: number;
}

/**
 * What the parts of a process say of what they depend on. Ready is: every part is well. Live is: the
 * process answers; an unreachable dependency is no reason to restart.
 */
export class Health {
  readonly #parts = new Map<string, PartHealth>();

  /** A part starts unwell: it has yet to show that it works. */
  expect(part: string): void {
    this.#parts.set(part, { ok: false, reason: 'starting', since: Date.now() });
  }

  /** @returns whether this changed anything, so that a caller logs transitions only. */
  ok(part: string): boolean {
    return this.#set(part, true, undefined);
  }

  /** @returns whether this changed anything, so that a caller logs transitions only. */
  failed(part: string, reason: string): boolean {
    return this.#set(part, false, withoutSecrets(reason));
  }

  /** Takes a part's failure back, because nothing is asked of it any more: another process did the work. */
  withdraw(part: string): void {
    if (this.#parts.get(part)?.ok === false) this.ok(part);
  }

  get ready(): boolean {
    return [...this.#parts.values()].every((part) => part.ok);
  }

  report(): Record<string, PartHealth> {
    return Object.fromEntries(this.#parts);
  }

  #set(part: string, ok: boolean, reason: string | undefined): boolean {
    const before = this.#parts.get(part);
    if (before?.ok === ok && before.reason === reason) return false;
    this.#parts.set(part, {
      ok,
      reason,
      since: before?.ok === ok ? before.since : Date.now(),
    });
    return before?.ok !== ok;
  }
}
