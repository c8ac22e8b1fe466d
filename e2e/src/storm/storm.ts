import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { addStrikes, type Strikes } from './coverage.ts';
import { drawFreezeMs, planFaults } from './fault-plan.ts';
import { drawArming, type Role } from './fault-points.ts';
import { find } from './find.ts';
import { slots, type Slot } from './links.ts';
import { Outage } from './outage.ts';
import { quiescence } from './quiescence.ts';
import { Random } from './random.ts';
import { Supervised } from './supervised.ts';
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
  onProgress?: (state: string) => void;
}

export interface StormResult {
  seed: number;
  /** Empty when all is well. */
  failures: string[];
  differences: Difference[];
  /** Steps by kind. */
  writes: Record<string, number>;
  workload: Omit<WorkloadReport, 'steps' | 'errors'>;
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
/** A killed process's refresh request waits for a visibility timeout, then for its delay, behind a claim's lease. */
const quietBoundMs = 240_000;
const startBoundMs = 30_000;

/** One system, one storm, one verdict. */
export async function storm(options: StormOptions): Promise<StormResult> {
  const { seed, seconds, logs, onProgress = () => undefined } = options;
  const began = performance.now();
  const beganAt = Date.now();
  const random = new Random(seed);
  await rm(logs, { recursive: true, force: true });
  await mkdir(logs, { recursive: true });
  const timeline = new Timeline(join(logs, 'timeline.log'));
  const strikes: Strikes = {};
  const failures: string[] = [];
  let differences: Difference[] = [];
  let quietMs = 0;

  onProgress('starting');
  const system = await startSystem(random.fork('system'), timeline);
  const outage = new Outage();
  const workload = new Workload({ url: system.postgres.url, outage });
  const processes = new Map<Slot, Supervised>();
  const calmFile = join(logs, 'calm');
  const note = (what: string) => timeline.note(what);
  const weather = new Weather({ ...system, processes, outage, note });
  let records = 0;
  try {
    const environments = new Map<Slot, Record<string, string>>();
    for (const slot of slots) {
      const environment = await system.environmentOf(slot);
      environments.set(slot, environment);
      const role = slot.split('-')[0] as Role;
      const own = random.fork(slot);
      const supervised = new Supervised({
        name: slot,
        script: `services/${role}/src/main.ts`,
        environment,
        logFile: join(logs, `${slot}.log`),
        nextArming: () => (own.chance(0.75) ? drawArming(role, own) : undefined),
        calmFile,
        nextPauseMs: () => own.between(100, 1_500),
        onStrike: (point, signal) => {
          addStrikes(strikes, { [`${point} ${signal}`]: 1 });
          if (signal === 'SIGSTOP') weather.wakeLater(slot, drawFreezeMs(own));
        },
        note,
      });
      processes.set(slot, supervised);
      supervised.start();
    }
    await allReady(environments);

    workload.start(clients, random.fork('workload'));
    weather.begin(planFaults(seconds * 1_000, random.fork('faults')));
    for (let left = seconds; left > 0; left -= 1) {
      onProgress(
        `${left} s left, ${workload.report.units} units of work, ${system.ledger.jobs} jobs`,
      );
      await delay(1_000);
    }
    note('the storm ends');
    await writeFile(calmFile, '');
    await workload.stop();
    await weather.clear();
    failures.push(...workload.report.errors.map((error) => `a writer saw an error: ${error}`));
    onProgress('waiting for quiet');
    quietMs = await quiescence(system, quietBoundMs, (left) => onProgress(`on its way: ${left}`));
    note('quiet');
    const findings = await find(system, beganAt);
    records = findings.records.size;
    differences = judge(findings);
  } catch (error) {
    failures.push((error as Error).message);
  } finally {
    await weather.clear();
    onProgress('stopping');
    await Promise.all([...processes.values()].map((process) => process.close(12_000)));
    failures.push(...[...processes.values()].flatMap(({ unexplained }) => unexplained));
    if (differences.length > 0 || failures.length > 0) {
      await keepHistories(logs, system, differences);
    }
    await system[Symbol.asyncDispose]();
    await timeline.close();
  }
  if (differences.length === 0 && failures.length === 0) await rm(logs, { recursive: true });

  const { steps, errors: _, ...report } = workload.report;
  const embedded = [...system.ledger.embedded.values()];
  return {
    seed,
    failures,
    differences,
    writes: Object.fromEntries(steps),
    workload: report,
    faults: Object.fromEntries(weather.happened),
    strikes,
    jobs: system.ledger.jobs,
    refreshes: system.ledger.refreshes,
    embeddings: embedded.reduce((sum, count) => sum + count, 0),
    texts: embedded.length,
    records,
    quietSeconds: Math.round(quietMs / 1_000),
    seconds: Math.round((performance.now() - began) / 1_000),
  };
}

/** A process that strikes itself before is given up: the storm may begin without it. */
async function allReady(environments: ReadonlyMap<Slot, Record<string, string>>): Promise<void> {
  const end = performance.now() + startBoundMs;
  await Promise.all(
    [...environments.values()].map(async ({ ADMIN_PORT = '' }) => {
      const isReady = () =>
        fetch(`http://127.0.0.1:${ADMIN_PORT}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
          ({ ok }) => ok,
          () => false,
        );
      while (performance.now() < end && !(await isReady())) await delay(50);
    }),
  );
}

/** Most rows whose histories are written down. */
const keptHistories = 50;

async function keepHistories(
  logs: string,
  { ledger }: System,
  differences: readonly Difference[],
): Promise<void> {
  const rows = [...new Set(differences.map(({ row }) => row))].slice(0, keptHistories);
  for (const [position, row] of rows.entries()) {
    const faults = differences.filter((difference) => difference.row === row);
    const lines = [row, ...faults.map(({ what }) => `  ${what}`), '', ...ledger.history(row), ''];
    await writeFile(join(logs, `row-${position + 1}.log`), lines.join('\n'));
  }
}
