import type { Response } from 'express';

/** Aborts when the asker has gone before the answer. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('The asker has gone.'));
  });
  return gone.signal;
}
