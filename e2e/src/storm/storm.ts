import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { addStrikes, type Strikes } from './coverage.ts';
import { drawFreezeMs, planFaults } from './fault-plan.ts';
import { find } from './find.ts';
import { slots, type Slot } from './links.ts';
import { Outage } from './outage.ts';
import { quiescence } from './quiescence.ts';
import { Random } from './random.ts';
import { startServices, unwellAfter } from './services.ts';
import type { Supervised } from './supervised.ts';
import { startSystem, type System } from './system.ts';
import { Timeline } from './timeline.ts';
import { judge, type Difference } from './verdict.ts';
import { Weather } from './weather.ts';
import { Workload, type WorkloadReport } from './workload.ts';

export interface StormOptions {
  seed: number;
  /** How long the storm blows; what it needs to get quiet comes on top. */
  seconds: number;
  /** Where logs are kept when it fails. */
  logs: string;
  /** Ends the storm early, as a failure. */
  signal?: AbortSignal;
  onProgress?: (state: string) => void;
}

export interface StormResult {
  seed: number;
  /** Empty when all is well. */
  failures: string[];
  differences: Difference[];
  workload: WorkloadReport;
  /** Faults by kind. */
  faults: Record<string, number>;
  strikes: Strikes;
  jobs: number;
  refreshes: number;
  /** Texts sent to the embedder, and different ones among them. */
  embeddings: number;
  texts: number;
  records: number;
  /** From the storm's end until nothing was on its way. */
  quietSeconds: number;
  seconds: number;
}

const clients = 8;
const armedShare = 0.85;
/** A process that strikes itself at its start is not waited for longer. */
const startBoundMs = 90_000;
/** Beyond the longest back-off of anything that waits. */
const wellBoundMs = 60_000;
/** A killed process's refresh request waits for a visibility timeout, then for its delay, behind a claim's lease. */
const quietBoundMs = 240_000;
/** Far beyond what the services are told to take. */
export const stopBoundMs = 30_000;

/** One system, one storm, one verdict. */
export async function storm(options: StormOptions): Promise<StormResult> {
  const { seed, seconds, logs, signal, onProgress = () => undefined } = options;
  const began = performance.now();
  const beganAt = Date.now();
  const random = new Random(seed);
  await rm(logs, { recursive: true, force: true });
  await mkdir(logs, { recursive: true });
  const timeline = new Timeline(join(logs, 'timeline.log'));
  const note = (what: string) => timeline.note(what);
  onProgress('starting');
  const system = await startSystem(random.fork('system'), timeline);
  const { ledger } = system;

  const outage = new Outage();
  const workload = new Workload({ url: system.postgres.url, outage });
  const strikes: Strikes = {};
  const freezes = random.fork('freezes');
  const calmFile = join(logs, 'calm');
  const services = new Map<Slot, Supervised>();
  const weather = new Weather({ ...system, services, outage, note });
  const failures: string[] = [];
  let differences: Difference[] = [];
  let records = 0;
  let quietMs = 0;
  try {
    await startServices(services, {
      slots,
      armedShare,
      environmentOf: system.environmentOf,
      logs,
      calmFile,
      random: random.fork('services'),
      onStrike: (slot, point, signal) => {
        addStrikes(strikes, { [`${point} ${signal}`]: 1 });
        if (signal === 'SIGSTOP') weather.wakeLater(slot, drawFreezeMs(freezes, slot));
      },
      note,
    });
    // Each once: some strike themselves while they start.
    await Promise.all(
      [...services.values()].map((service) => unwellAfter([service], startBoundMs)),
    );
    workload.start(clients, random.fork('workload'));
    weather.begin(planFaults(seconds * 1_000, random.fork('faults')));
    for (let left = seconds; left > 0; left -= 1) {
      const state = `${workload.report.units} units of work, ${ledger.jobs} jobs`;
      onProgress(`${left} s left, ${state}`);
      note(state);
      await delay(1_000, undefined, { signal });
    }
    note('the storm ends');
    await writeFile(calmFile, '');
    await Promise.all([workload.stop(), weather.clear()]);
    failures.push(...workload.report.errors.map((error) => `a writer saw an error: ${error}`));
    // A service that has yet to begin may find more to do.
    await unwellAfter([...services.values()], wellBoundMs);
    quietMs = await quiescence(system, quietBoundMs, (left) => {
      signal?.throwIfAborted();
      onProgress(`on its way: ${left}`);
      note(`on its way: ${left}`);
    });
    note('quiet');
    failures.push(...(await unwellAfter([...services.values()], wellBoundMs)));
    const findings = await find(system, beganAt);
    records = findings.records.size;
    differences = judge(findings);
  } catch (error) {
    failures.push((error as Error).message);
  } finally {
    onProgress('stopping');
    await weather.clear();
    await Promise.all([...services.values()].map((service) => service.close(stopBoundMs)));
    for (const { name, unexplained } of services.values()) {
      for (const [what, times] of unexplained) failures.push(`${name} ${what}, ${times} times`);
    }
    await keepHistories(logs, system, differences);
    await system[Symbol.asyncDispose]();
    await timeline.close();
  }
  if (differences.length + failures.length === 0) await rm(logs, { recursive: true });

  const embedded = [...ledger.embedded.values()];
  return {
    seed,
    failures,
    differences,
    workload: workload.report,
    faults: weather.happened,
    strikes,
    jobs: ledger.jobs,
    refreshes: ledger.refreshes,
    embeddings: embedded.reduce((sum, count) => sum + count, 0),
    texts: embedded.length,
    records,
    quietSeconds: Math.round(quietMs / 1_000),
    seconds: Math.round((performance.now() - began) / 1_000),
  };
}

/** Most rows whose histories are written down. */
const keptHistories = 50;

/** All that happened to each row that is not as it must be. */
async function keepHistories(
  logs: string,
  { ledger }: System,
  differences: readonly Difference[],
): Promise<void> {
  const ofRows = [...Map.groupBy(differences, ({ row }) => row)].slice(0, keptHistories);
  for (const [position, [row, ofRow]] of ofRows.entries()) {
    const lines = [row, ...ofRow.map(({ what }) => `  ${what}`), '', ...ledger.history(row), ''];
    await writeFile(join(logs, `row-${position + 1}.log`), lines.join('\n'));
  }
}
