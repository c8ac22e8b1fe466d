import { rowOf, type HeldLetter, type NotDone } from '@aviary/dead-letters';
import { printable } from './columns.ts';
import type { CliContext } from './context.ts';
import { exitCode } from './exit-codes.ts';

/** What became of the letters that were to be redriven or discarded, also where that was cut short. */
export class LetterOutcome {
  readonly #deed: 'redriven' | 'discarded';
  readonly #rows = new Set<string>();
  #letters = 0;
  #kept = 0;
  readonly #notDone: NotDone[] = [];

  constructor(deed: 'redriven' | 'discarded') {
    this.#deed = deed;
  }

  /** @param kept those that SQS did not delete */
  add(done: readonly HeldLetter[], notDone: readonly NotDone[], kept: readonly HeldLetter[]): void {
    this.#letters += done.length;
    for (const held of done) this.#rows.add(rowOf(held));
    this.#kept += kept.length;
    this.#notDone.push(...notDone);
    for (const { letterId } of kept) {
      this.#notDone.push({
        letterId,
        reason: 'SQS did not delete it, for it was held too long: run the command again.',
      });
    }
  }

  /** Prints it and sets the exit code. */
  report(context: CliContext, json: boolean): void {
    if (this.#kept > 0) context.exitCode = exitCode.unfinished;
    else if (this.#notDone.length > 0) context.exitCode = exitCode.no;
    const done = { letters: this.#letters, rows: this.#rows.size };
    if (json) {
      context.printJson({ [this.#deed]: done, notDone: this.#notDone });
      return;
    }
    for (const { letterId, reason } of this.#notDone)
      context.say(`${letterId}: ${printable(reason)}`);
    context.print(`${count(done.letters, 'letter')} of ${count(done.rows, 'row')} ${this.#deed}.`);
  }
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
