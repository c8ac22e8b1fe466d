import { RetryableError } from '@aviary/runtime';
import { Allowance } from './allowance.ts';
import { readLimits, retryAfterMs } from './rate-limit-headers.ts';

/** What became of one request: an answer, or a 429. Anything else is thrown. */
export type Reply<T> =
  | { limited: false; value: T; tokens: number; headers: Headers }
  | { limited: true; cause: Error; headers: Headers };

export interface Paced<T> {
  value: T;
  /** Requests sent, refused ones too. */
  requests: number;
  /** Tokens the server counted. */
  tokens: number;
  /** Time held back, in milliseconds. */
  waitedMs: number;
}

interface Waiter {
  bytes: number;
  resolve(permit: Permit): void;
}

interface Permit {
  reductions: number;
  requestsMark: number;
  tokensMark: number;
}

/** Requests at once: where it starts, and the most it grows to. */
const firstWindow = 16;
const maxWindow = 64;

/**
 * Longest pause of our own choice: short, because whoever pauses when tokens come back leaves them to the other
 * replicas, and at the end of a backlog there are none. Six emus that are told nothing used 87 % of a budget
 * when this was 30 s.
 */
const maxPauseMs = 4_000;

/** A request refused for longer is given back to its caller. */
const maxLimitedMs = 600_000;

/** Part of a wait added at random, so that replicas of one account do not return all at once. */
const jitter = 0.25;

/**
 * Holds requests back in place, so that an account's rate limits are used up and nothing fails. Share one
 * among all Embedders of a process. Three things hold a request back, first come first served:
 *
 *   the window     requests at once: one more each round without trouble, half of it upon a 429 or a failure
 *   the allowance  this replica's part of what the x-ratelimit-* headers say is left
 *   the pause      after a 429, for all requests
 */
export class Pacer {
  readonly #waiting: Waiter[] = [];
  readonly #requests = new Allowance();
  readonly #tokens = new Allowance();
  /** Learnt from the servers' counts; English prose has about four bytes a token. */
  #tokensPerByte = 0.25;
  #window = firstWindow;
  #inFlight = 0;
  #reductions = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  /** The account's limit of tokens a minute; null while the server has not said it. */
  get tokensPerMinute(): number | null {
    return this.#tokens.perMinute;
  }

  /**
   * Sends a request when its turn has come, and again for as long as it is answered with 429.
   * @throws the signal's reason; RetryableError after ten minutes of 429; whatever `send` throws.
   */
  async run<T>(
    bytes: number,
    signal: AbortSignal,
    send: () => Promise<Reply<T>>,
  ): Promise<Paced<T>> {
    let waitedMs = 0;
    let limitedSince: number | undefined;
    for (let requests = 1; ; requests += 1) {
      const asked = performance.now();
      const permit = await this.#enter(bytes, signal, requests > 1);
      const sent = performance.now();
      waitedMs += sent - asked;
      let reply: Reply<T>;
      try {
        reply = await send();
      } catch (error) {
        if (error instanceof RetryableError) this.#reduce(permit);
        throw error;
      } finally {
        this.#inFlight -= 1;
        // A microtask later: after the code below has drawn its conclusions from the reply.
        queueMicrotask(() => this.#admit());
      }
      this.#observe(permit, reply);
      if (!reply.limited) {
        const { value, tokens } = reply;
        this.#window = Math.min(maxWindow, this.#window + 1 / this.#window);
        if (tokens > 0) this.#tokensPerByte += (tokens / bytes - this.#tokensPerByte) / 10;
        return { value, requests, tokens, waitedMs };
      }
      this.#reduce(permit);
      limitedSince ??= sent;
      const now = performance.now();
      const pauseMs = pauseAfter(requests, retryAfterMs(reply.headers));
      if (now + pauseMs - limitedSince > maxLimitedMs)
        throw new RetryableError(
          `The embedding server has refused a request with 429 for ${Math.round((now - limitedSince) / 1_000)} s ` +
            `and asks for ${Math.round(pauseMs / 1_000)} s more: raise the account's rate limit or use fewer replicas`,
          { cause: reply.cause, retryAfterMs: pauseMs },
        );
      waitedMs += now - sent;
      this.#pausedUntil = Math.max(this.#pausedUntil, now + spread(pauseMs));
    }
  }

  #enter(bytes: number, signal: AbortSignal, again: boolean): Promise<Permit> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        bytes,
        resolve: (permit) => {
          signal.removeEventListener('abort', leave);
          resolve(permit);
        },
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason as Error);
        this.#admit();
      };
      signal.addEventListener('abort', leave, { once: true });
      if (again) this.#waiting.unshift(waiter);
      else this.#waiting.push(waiter);
      this.#admit();
    });
  }

  /** Lets in who may be sent now, and sets the alarm for the next. */
  #admit(): void {
    clearTimeout(this.#timer);
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#inFlight >= Math.floor(this.#window)) return;
      const now = performance.now();
      const tokens = next.bytes * this.#tokensPerByte;
      const waitMs = Math.max(
        this.#pausedUntil - now,
        spread(Math.max(this.#requests.waitMs(1, now), this.#tokens.waitMs(tokens, now))),
      );
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#admit(), Math.ceil(waitMs));
        return;
      }
      this.#waiting.shift();
      this.#inFlight += 1;
      next.resolve({
        reductions: this.#reductions,
        requestsMark: this.#requests.take(1, now),
        tokensMark: this.#tokens.take(tokens, now),
      });
    }
  }

  #observe(permit: Permit, reply: Reply<unknown>): void {
    const { requests, tokens } = readLimits(reply.headers);
    this.#requests.observe(requests.limit, requests.remaining, permit.requestsMark);
    this.#tokens.observe(tokens.limit, tokens.remaining, permit.tokensMark);
    if (!reply.limited) return;
    const now = performance.now();
    this.#requests.refused(now);
    this.#tokens.refused(now);
  }

  /** Trouble of requests that were under way at the last reduction is no news. */
  #reduce(permit: Permit): void {
    if (permit.reductions !== this.#reductions) return;
    this.#reductions += 1;
    this.#window = Math.max(1, this.#window / 2);
  }
}

/**
 * How long to pause after a request's so many-th 429: as long as the server says, and once that has proved too
 * short, longer each time. Tenths of what was needed brought 14 429s on each answer before.
 */
function pauseAfter(refusals: number, asked: number | undefined): number {
  if (asked !== undefined && refusals === 1) return asked;
  return Math.max(asked ?? 0, Math.min(250 * 2 ** refusals, maxPauseMs));
}

function spread(ms: number): number {
  return ms * (1 + Math.random() * jitter);
}
