import { Presets, SingleBar } from 'cli-progress';
import type { AuditProgress } from '../audit/audit.ts';
import { group } from './backfill-progress.ts';
import type { TextSink } from './context.ts';
import { Pace, duration } from './pace.ts';

/** A bar on a terminal, nothing elsewhere. */
export class AuditBar {
  readonly #bar: SingleBar | undefined;
  readonly #name: string;
  readonly #rows: number;
  readonly #pace = new Pace();

  /** @param rows about how many the table has */
  constructor(to: TextSink, name: string, rows: number) {
    this.#name = name;
    this.#rows = rows;
    if (to.isTTY !== true) return;
    this.#bar = new SingleBar(
      {
        stream: to as NodeJS.WritableStream,
        format: '{name} {bar} {percentage} %  {what}',
        hideCursor: true,
        clearOnComplete: true,
        // The command itself ends in order.
        gracefulExit: false,
        emptyOnZero: true,
      },
      Presets.shades_classic,
    );
    // Both ways count: each row, and the id of each record.
    this.#bar.start(2 * rows, 0, { name, what: '' });
  }

  update(progress: Readonly<AuditProgress>): void {
    if (this.#bar === undefined) return;
    const done = progress.rows + progress.records;
    this.#pace.add(performance.now(), done);
    this.#bar.setTotal(Math.max(2 * this.#rows, done));
    this.#bar.update(done, { name: this.#name, what: this.#tell(progress, done) });
  }

  stop(): void {
    this.#bar?.stop();
  }

  #tell({ rows, differences, stage }: Readonly<AuditProgress>, done: number): string {
    if (stage === 'waiting')
      return `waiting for ${group(differences)} changes that may be on their way`;
    if (stage === 'repairing') return `waiting for ${group(differences)} rows sent again`;
    const counted = `${group(rows)} rows`;
    const perSecond = this.#pace.perSecond;
    if (perSecond === undefined) return counted;
    const left = perSecond > 0 ? Math.max(2 * this.#rows - done, 0) / perSecond : 0;
    return `${counted}, ${group(perSecond / 2)} rows/s, ${duration(left)} left`;
  }
}
