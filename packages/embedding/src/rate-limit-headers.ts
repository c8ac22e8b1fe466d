export interface Limit {
  /** Per minute; NaN when the server does not say. */
  limit: number;
  remaining: number;
}

/** The account's limits as OpenAI's x-ratelimit-* headers state them. */
export function readLimits(headers: Headers): { requests: Limit; tokens: Limit } {
  const read = (kind: string) => ({
    limit: number(headers.get(`x-ratelimit-limit-${kind}`)),
    remaining: number(headers.get(`x-ratelimit-remaining-${kind}`)),
  });
  return { requests: read('requests'), tokens: read('tokens') };
}

/** How long the server asks to be left alone, in milliseconds: the precise header first, then seconds or a date. */
export function retryAfterMs(headers: Headers): number | undefined {
  const header = headers.get('retry-after');
  const candidates = [
    number(headers.get('retry-after-ms')),
    number(header) * 1_000,
    header === null ? NaN : Date.parse(header) - Date.now(),
  ];
  const ms = candidates.find((candidate) => !Number.isNaN(candidate));
  return ms === undefined ? undefined : Math.max(0, ms);
}

function number(text: string | null): number {
  return text === null || text.trim() === '' ? NaN : Number(text);
}
