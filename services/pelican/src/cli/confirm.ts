import { createInterface } from 'node:readline/promises';
import type { CliContext } from './context.ts';

/** Asks the person at the terminal. @returns undefined where there is none. */
export async function confirm(context: CliContext, question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || context.stderr.isTTY !== true) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: context.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
