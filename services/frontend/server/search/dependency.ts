import { RetryableError, type Logger } from '@aviary/runtime';
import { within } from '../within.ts';
import type { SearchStatistics } from './search-statistics.ts';

/** What a search cannot do without, and what it says of itself. */
export interface DependencyOptions {
  /** For people: it begins a sentence. */
  name: string;
  /** A small call that shows whether it is back. */
  probe: (signal: AbortSignal) => Promise<unknown>;
  /** Longest wait for a probe: what answers later is no use to a search. */
  probeTimeoutMs: number;
  /** Told of each change, with the failure and without. */
  onChange: (failure: Error | undefined) => void;
}

/** A dependency is away: it was not asked, or it failed or came too late. The message is for anyone. */
export class AwayError extends Error {
  override readonly name = 'AwayError';
}

/** The first probe follows soon, since most troubles pass at once; in milliseconds. */
const firstPauseMs = 250;
const longestPauseMs = 4_000;

/**
 * Remembers that something is away, so that nobody waits for it in vain, and finds out by itself when it is back:
 *
 *   well ──a call fails or is late──► away ──a probe in the background succeeds──► well
 */
export class Dependency {
  readonly #options: DependencyOptions;
  readonly #stopping = new AbortController();
  #failure: { error: Error; message: string; since: number } | undefined;
  #awayMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DependencyOptions) {
    this.#options = options;
  }

  /** For people with a right to know. */
  get health(): { ok: boolean; reason: string | null } {
    return { ok: this.#failure === undefined, reason: this.#failure?.error.message ?? null };
  }

  /** How long it has been away so far, all times together. */
  get awaySeconds(): number {
    const now = this.#failure === undefined ? 0 : performance.now() - this.#failure.since;
    return (this.#awayMs + now) / 1_000;
  }

  /**
   * Makes a call unless it is away, and waits for it no longer than the budget.
   *
   * @param options.signal the asker's: when it ends the call, nothing is to blame
   * @param options.isAskersFault tells failures that say nothing of the dependency
   * @param options.mayBeLate the call is a dear one: that it is late concerns its asker alone
   * @throws AwayError; the signal's reason; an asker's fault as it is.
   */
  async call<T>(
    work: (signal: AbortSignal) => Promise<T>,
    options: {
      budgetMs: number;
      signal: AbortSignal;
      isAskersFault?: (error: unknown) => boolean;
      mayBeLate?: boolean;
    },
  ): Promise<T> {
    const { budgetMs, signal, isAskersFault, mayBeLate = false } = options;
    if (this.#failure !== undefined) throw new AwayError(this.#failure.message);
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new RetryableError(`${this.#options.name} did not answer within ${budgetMs} ms`));
    }, budgetMs);
    try {
      return await work(AbortSignal.any([signal, late.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (isAskersFault?.(error) === true) throw error;
      const { name } = this.#options;
      const isLate = late.signal.aborted;
      const message = isLate ? `${name} is too slow` : `${name} is away`;
      if (!(isLate && mayBeLate)) {
        this.#fail(error instanceof Error ? error : new Error(String(error)), message);
      }
      throw new AwayError(message, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the probing. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#stopping.abort();
  }

  #fail(error: Error, message: string): void {
    if (this.#failure !== undefined || this.#stopping.signal.aborted) return;
    this.#failure = { error, message, since: performance.now() };
    this.#options.onChange(error);
    this.#probeAfter(firstPauseMs);
  }

  #probeAfter(pauseMs: number): void {
    this.#timer = setTimeout(() => void this.#probe(pauseMs), pauseMs);
  }

  async #probe(pauseMs: number): Promise<void> {
    const { probe, probeTimeoutMs, onChange } = this.#options;
    const { signal } = this.#stopping;
    try {
      await within(probeTimeoutMs, probe, signal);
    } catch {
      if (!signal.aborted) this.#probeAfter(Math.min(2 * pauseMs, longestPauseMs));
      return;
    }
    if (this.#failure === undefined || signal.aborted) return;
    this.#awayMs += performance.now() - this.#failure.since;
    this.#failure = undefined;
    onChange(undefined);
  }
}

/** A dependency whose changes are counted and logged. @param as its kind, and which of that kind it is */
export function dependOn(
  as: {
    dependency: 'embedder' | 'index';
    of: string;
    statistics: SearchStatistics;
    logger: Logger;
  },
  options: Omit<DependencyOptions, 'onChange'>,
): Dependency {
  const { dependency, of, statistics, logger } = as;
  return new Dependency({
    ...options,
    onChange: (failure) => {
      statistics.changed(dependency, failure === undefined ? 'back' : 'away');
      if (failure === undefined) logger.info({ event: 'search_recovered', dependency, of });
      else logger.warn({ event: 'search_degraded', dependency, of, err: failure });
    },
  });
}
