import { PermanentError, RetryableError } from '@aviary/runtime';
import type { Logger } from '@aviary/runtime';
import type { ErrorRequestHandler, Response } from 'express';
import { z } from 'zod';
import type { Problem } from '../shared/problem.ts';
import type { Product } from '../shared/product.ts';

/** An answer that is no success, thrown by a route. The message is for the asker. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  readonly more: Pick<Problem, 'errors' | 'current'>;

  constructor(status: number, message: string, errors?: Problem['errors'], current?: Product) {
    super(message);
    this.status = status;
    this.more = { ...(errors && { errors }), ...(current && { current }) };
  }
}

/** @throws RequestError 400 that lists every fault of the input. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((field) => ({ field, message: `${field} can't be set` }));
    }
    return [{ field: path, message: issue.message }];
  });
  throw new RequestError(400, errors.map(({ message }) => message).join('; '), errors);
}

/** Answers every error as problem details; what is no one's input and no known failure is logged. */
export function answerProblems(logger: Logger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    // The asker has gone, or has part of an answer already.
    if (response.headersSent) response.destroy();
    if (response.destroyed) return;
    const problem = toProblem(error);
    if (problem.status === 500) logger.error({ event: 'request_failed', err: error });
    if (error instanceof RetryableError) {
      const seconds = Math.ceil((error.retryAfterMs ?? 1_000) / 1_000);
      response.setHeader('retry-after', String(Math.max(1, seconds)));
    }
    sendProblem(response, problem);
  };
}

export function sendProblem(response: Response, problem: Omit<Problem, 'type' | 'title'>): void {
  const { status } = problem;
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: titles[status] ?? 'Error', ...problem }));
}

function toProblem(error: unknown): Omit<Problem, 'type' | 'title'> {
  if (error instanceof RequestError) {
    return { status: error.status, detail: error.message, ...error.more };
  }
  if (error instanceof RetryableError) return { status: 503, detail: error.message };
  if (error instanceof PermanentError) return { status: 502, detail: error.message };
  const { name, status, code, expose, message } = error as Partial<
    Record<'name' | 'status' | 'code' | 'expose' | 'message', unknown>
  >;
  if (name === 'TimeoutError') {
    return { status: 503, detail: 'The search took too long. Try again in a moment.' };
  }
  // Postgres' unique_violation; the only such column a user sets is the SKU.
  if (code === '23505') return { status: 409, detail: 'Another product has this SKU.' };
  if (code === '23503') {
    return {
      status: 409,
      detail: 'Rows of another table refer to this product: delete those first.',
    };
  }
  // Data exceptions and constraints of a table narrower than the product's own rules.
  if (error instanceof Error && typeof code === 'string' && /^2[23]...$/.test(code)) {
    return { status: 400, detail: `The table does not take this: ${error.message}.` };
  }
  // Faults of the request itself, as body-parser and the router report them.
  if (typeof status === 'number' && status < 500 && expose !== false) {
    return { status, detail: String(message) };
  }
  return { status: 500, detail: 'Something went wrong on our side; the log says what.' };
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};
