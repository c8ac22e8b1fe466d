import { ApiError } from './api-error.ts';

export interface RateLimit {
  requestsPerMinute: number;
  tokensPerMinute: number;
  /**
   * What clients are told of it: by default all that OpenAI's headers tell; `nothing` but the 429 itself; or
   * a Retry-After of a tenth of what is needed (`too little`) and nothing else.
   */
  told?: 'all' | 'nothing' | 'too little';
}

type Kind = 'requests' | 'tokens';

/** A bucket of one minute's budget that refills continuously, as OpenAI's do. */
class Bucket {
  readonly #limit: number;
  #level: number;
  #filledAt = performance.now();

  constructor(limit: number) {
    this.#limit = limit;
    this.#level = limit;
  }

  /** Milliseconds until `amount` can be taken; 0 when it can now. */
  waitMs(amount: number): number {
    return Math.max(0, ((amount - this.#refill()) / this.#limit) * 60_000);
  }

  take(amount: number): void {
    this.#level = this.#refill() - amount;
  }

  headers(kind: Kind): Record<string, string> {
    return {
      [`x-ratelimit-limit-${kind}`]: String(this.#limit),
      [`x-ratelimit-remaining-${kind}`]: String(Math.floor(this.#refill())),
      [`x-ratelimit-reset-${kind}`]: duration(this.waitMs(this.#limit)),
    };
  }

  #refill(): number {
    const now = performance.now();
    const gained = ((now - this.#filledAt) / 60_000) * this.#limit;
    this.#level = Math.min(this.#limit, this.#level + gained);
    this.#filledAt = now;
    return this.#level;
  }
}

/** The limits of one account, shared by every client of this server. */
export class AccountLimits {
  readonly #buckets: Record<Kind, Bucket>;
  readonly #told: RateLimit['told'];

  constructor(limit: RateLimit) {
    this.#buckets = {
      requests: new Bucket(limit.requestsPerMinute),
      tokens: new Bucket(limit.tokensPerMinute),
    };
    this.#told = limit.told ?? 'all';
  }

  /** Charges a request. @throws ApiError 429 with Retry-After when a bucket holds too little. */
  charge(tokens: number): void {
    const amounts: Record<Kind, number> = { requests: 1, tokens };
    for (const kind of ['requests', 'tokens'] as const) {
      const waitMs = this.#buckets[kind].waitMs(amounts[kind]);
      if (waitMs > 0) throw this.#refusal(kind, waitMs);
    }
    for (const kind of ['requests', 'tokens'] as const) this.#buckets[kind].take(amounts[kind]);
  }

  #refusal(kind: Kind, waitMs: number): ApiError {
    switch (this.#told) {
      case 'nothing':
        return rateLimited(kind, waitMs, {});
      case 'too little':
        return rateLimited(kind, waitMs, retryAfter(waitMs / 10));
      default:
        return rateLimited(kind, waitMs, { ...this.headers(), ...retryAfter(waitMs) });
    }
  }

  headers(): Record<string, string> {
    if (this.#told !== 'all') return {};
    return {
      ...this.#buckets.requests.headers('requests'),
      ...this.#buckets.tokens.headers('tokens'),
    };
  }
}

export function rateLimited(kind: Kind, waitMs: number, headers = retryAfter(waitMs)): ApiError {
  return new ApiError(
    429,
    {
      message: `Rate limit reached on ${kind} per min. Please try again in ${duration(waitMs)}.`,
      type: kind,
      code: 'rate_limit_exceeded',
    },
    headers,
  );
}

function retryAfter(waitMs: number): Record<string, string> {
  return {
    'retry-after': String(Math.ceil(waitMs / 1_000)),
    'retry-after-ms': String(Math.ceil(waitMs)),
  };
}

/** OpenAI's notation: 120ms, 8.64s, 6m0s. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.round(ms) / 1_000;
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`;
}
