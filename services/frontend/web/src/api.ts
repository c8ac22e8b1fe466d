import { shallowRef } from 'vue';
import { problemSchema, type Problem } from '../../shared/problem.ts';

/** Whether something was refused because nobody has signed in. */
export const signInIsWanted = shallowRef(false);

/** The server said no, or nothing at all. The message is for the reader. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly faults: NonNullable<Problem['errors']>;
  /** Of a conflict: the product as it is now. */
  readonly current: Problem['current'];
  /** When the server wants to be asked again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, problem?: Problem, retryAfterSeconds?: number) {
    super(message);
    this.faults = problem?.errors ?? [];
    this.current = problem?.current;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export function withQuery(path: string, query: Record<string, string | number>): string {
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return `${path}?${new URLSearchParams(pairs).toString()}`;
}

export function body(method: string, content: object): RequestInit {
  return {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(content),
  };
}

/** @throws ApiError; or the signal's reason when it ends the call. */
export async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError('The server does not answer. Is it running?');
  }
  const content: unknown = await response.json().catch(() => undefined);
  if (response.ok) return content as T;
  if (response.status === 401) signInIsWanted.value = true;
  const problem = problemSchema.safeParse(content).data;
  const retryAfter = response.headers.get('retry-after');
  throw new ApiError(
    problem?.detail ?? `The server answered with status ${response.status}.`,
    problem,
    retryAfter === null ? undefined : Number(retryAfter) || 1,
  );
}
