import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { BackfillState } from '../backfill/backfill-requests.ts';
import type { TextSink } from './context.ts';
import { Pace, duration } from './pace.ts';

/** Shows people how backfills go on, while they go on. */
export interface BackfillProgress {
  update(states: readonly BackfillState[]): void;
  /** A line beside the progress. */
  say(line: string): void;
  stop(): void;
}

/** Pause between lines where there is no terminal, in milliseconds. */
const lineMs = 5_000;

/** Bars on a terminal, a line every few seconds elsewhere. */
export function backfillProgress(to: TextSink): BackfillProgress {
  return to.isTTY === true ? bars(to as NodeJS.WritableStream) : lines(to);
}

function bars(stream: NodeJS.WritableStream): BackfillProgress {
  const multiBar = new MultiBar(
    {
      stream,
      format: '{name} {bar} {percentage} %  {what}',
      hideCursor: true,
      // The command itself ends in order.
      gracefulExit: false,
      emptyOnZero: true,
    },
    Presets.shades_classic,
  );
  const narrators = new Map<string, Narrator>();
  const shown = new Map<string, SingleBar>();
  return {
    update: (states) => {
      const width = Math.max(...states.map(({ index }) => index.length));
      for (const state of states) {
        const narrator = getOrInsert(narrators, state.index, () => new Narrator());
        const payload = { name: state.index.padEnd(width), what: narrator.tell(state) };
        const bar = getOrInsert(shown, state.index, () =>
          multiBar.create(state.total, state.processed, payload),
        );
        bar.setTotal(state.total);
        bar.update(state.processed, payload);
      }
      multiBar.update();
    },
    say: (line) => multiBar.log(`${line}\n`),
    stop: () => multiBar.stop(),
  };
}

function lines(sink: TextSink): BackfillProgress {
  const narrators = new Map<string, Narrator>();
  const told = new Map<string, string>();
  let nextLineAt = 0;
  const say = (line: string) => void sink.write(`${line}\n`);
  return {
    update: (states) => {
      const now = performance.now();
      const due = now >= nextLineAt;
      if (due) nextLineAt = now + lineMs;
      for (const state of states) {
        const what = getOrInsert(narrators, state.index, () => new Narrator()).tell(state);
        const isOver = state.finishedAt !== null;
        if (told.get(state.index) === what || !(due || isOver)) continue;
        told.set(state.index, what);
        say(`${state.index}: ${what}`);
      }
    },
    say,
    stop: () => undefined,
  };
}

/** Says of one backfill how it goes on, and how long it will. */
class Narrator {
  readonly #pace = new Pace();

  tell({ phase, processed, total, rowsPerSecond }: BackfillState): string {
    if (phase === 'waiting') return 'waiting for a pelican';
    this.#pace.add(performance.now(), processed);
    const done = `${group(processed)} of ${group(total)} rows`;
    if (phase === 'sweeping') return `${done}, looking for records whose rows are gone`;
    if (phase !== 'walking') return `${done}, ${phase}`;
    const perSecond = this.#pace.perSecond;
    if (perSecond === undefined) return done;
    const limit = rowsPerSecond === null ? '' : ` of at most ${group(rowsPerSecond)}`;
    const left = perSecond > 0 ? `, ${duration((total - processed) / perSecond)} left` : '';
    return `${done}, ${group(perSecond)}${limit} rows/s${left}`;
  }
}

export const group = (count: number): string => Math.round(count).toLocaleString('en');

function getOrInsert<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
