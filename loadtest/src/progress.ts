import type { Result, Sample } from './result.ts';

/** One line on a terminal, renewed; where there is none, a line every ten seconds. */
export class Progress {
  readonly #onTerminal = process.stderr.isTTY;
  #saidAt = -Infinity;
  #step = '';

  say(step: string, sample: Sample | undefined, loaded: number): void {
    const isNew = step !== this.#step;
    if (!this.#onTerminal && !isNew && performance.now() - this.#saidAt < 10_000) return;
    this.#saidAt = performance.now();
    this.#step = step;
    const line = `${step.padEnd(10)} ${describe(sample, step === 'load' ? loaded : undefined)}`;
    process.stderr.write(this.#onTerminal ? `\r\u001b[2K${line}` : `${line}\n`);
  }

  end(): void {
    if (this.#onTerminal) process.stderr.write('\r\u001b[2K');
  }
}

const number = (figure: number | null | undefined) =>
  figure === null || figure === undefined ? '?' : Math.round(figure).toLocaleString('en');

function describe(sample: Sample | undefined, loaded: number | undefined): string {
  if (sample === undefined) return '';
  const { seconds, rows, indexed, outbox, queueVisible, queueInFlight, rowsPerSecond } = sample;
  const emus = sample.emusReady ?? sample.emus;
  return [
    `${number(seconds)} s`,
    ...(loaded === undefined ? [] : [`${number(loaded)} rows sent`]),
    `${number(indexed)}/${number(rows)} searchable`,
    `outbox ${number(outbox)}`,
    `queue ${number((queueVisible ?? 0) + (queueInFlight ?? 0))}`,
    `${number(rowsPerSecond)} rows/s`,
    `emus ${number(emus)}`,
  ].join(' | ');
}

/** The thresholds, and what was measured. */
export function verdictLines({ verdict }: Result): string {
  const lines = verdict.checks.map(({ passed, name, measured, unit, rule, limit }) => {
    const figure =
      measured === null ? 'not measured' : `${Math.round(measured * 100) / 100} ${unit}`;
    return `${passed ? 'ok    ' : 'FAILED'} ${name}: ${figure.trim()} (${rule} ${limit})`;
  });
  return [...lines, verdict.passed ? 'passed' : 'FAILED'].join('\n');
}
