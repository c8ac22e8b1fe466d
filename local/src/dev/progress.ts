import { setTimeout as delay } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';

/** A progress bar with rate and time left; plain lines every few seconds where there is no terminal. */
export function createProgress(what: string, total: number, unit: string) {
  const started = performance.now();
  let first: number | undefined;
  const bar = new SingleBar({
    format: `${what.padEnd(12)} {bar} {percentage}% | {value}/{total} ${unit} | {rate} ${unit}/s | ETA {left}`,
    barsize: 30,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5_000,
    gracefulExit: false,
  });
  bar.start(total, 0, { rate: '-', left: '-' });
  return {
    update(done: number): void {
      first ??= done;
      const perSecond = (done - first) / ((performance.now() - started) / 1000);
      bar.update(Math.min(done, total), {
        rate: perSecond.toFixed(0),
        left: perSecond > 0 ? `${Math.ceil((total - done) / perSecond)} s` : '-',
      });
    },
    stop(): void {
      bar.stop();
    },
  };
}

interface Status {
  rows: number | null;
  indexed: number | null;
  outbox: { waiting: number } | null;
  queue: { visible: number; inFlight: number } | null;
  deadLetters: number | null;
}

/** Shows how many rows are searchable, until all are. */
export async function untilSearchable(url: string, signal: AbortSignal): Promise<void> {
  let progress: ReturnType<typeof createProgress> | undefined;
  try {
    for (;;) {
      const status = await readStatus(url, signal);
      if (status?.rows != null && status.indexed !== null) {
        progress ??= createProgress('Searchable', status.rows, 'rows');
        progress.update(status.indexed);
        if (isQuiet(status) && status.indexed + (status.deadLetters ?? 0) >= status.rows) return;
      }
      await delay(300, undefined, { signal });
    }
  } finally {
    progress?.stop();
  }
}

async function readStatus(url: string, signal: AbortSignal): Promise<Status | undefined> {
  try {
    const response = await fetch(`${url}/api/status`, { signal });
    return response.ok ? ((await response.json()) as Status) : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

function isQuiet({ outbox, queue }: Status): boolean {
  return outbox?.waiting === 0 && queue !== null && queue.visible + queue.inFlight === 0;
}
