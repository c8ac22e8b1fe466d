import { cpus, release, totalmem, type as osType } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Profile } from './profiles.ts';
import type { Result, Sample } from './result.ts';
import { Sampler } from './sampler.ts';
import type { Target } from './target.ts';
import { judge } from './verdict.ts';
import type { Visitors } from './visitors.ts';

export interface RunOptions {
  name: string;
  profile: Profile & { name: string };
  target: Target;
  /** Undefined: nobody comes. */
  visitors: Visitors | undefined;
  notes: readonly string[];
  signal: AbortSignal;
  onProgress: (step: string, sample: Sample | undefined, loaded: number) => void;
}

/** Longest wait for what visitors changed, and for the emus to go, in seconds. */
const patience = { afterVisits: 300, scaleDown: 600 };

/**
 * Loads rows, sends visitors, waits until nothing is on its way, audits, and judges. The steps of a run:
 *
 *     load ──► drain ──► visit ──► settle ──► scale down ──► audit        visitors come afterwards
 *     load, visit ──► drain ─────────────────► scale down ──► audit        visitors come meanwhile
 *
 * @throws the signal's reason when that aborts; Error when a step fails or takes too long.
 */
export async function runLoadTest(options: RunOptions): Promise<Result> {
  const { name, profile, target, visitors, signal } = options;
  const startedAt = new Date().toISOString();
  const beganAt = performance.now();
  const elapsed = () => (performance.now() - beganAt) / 1_000;
  let current = '';
  let loaded = 0;
  const onSample = (sample: Sample) => options.onProgress(current, sample, loaded);
  await using sampler = new Sampler(target, beganAt, onSample);
  const steps: Result['steps'] = [];
  const step = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    current = title;
    options.onProgress(title, sampler.samples.at(-1), loaded);
    const fromSeconds = elapsed();
    try {
      return await work();
    } finally {
      steps.push({ name: title, fromSeconds: rounded(fromSeconds), toSeconds: rounded(elapsed()) });
    }
  };
  const untilQuiet = async (seconds: number) => {
    sampler.forgetQuiet();
    await until(() => sampler.isQuiet, seconds, signal, 'something is still on its way');
  };

  await until(() => sampler.samples.length > 0, 30, signal, 'the page has not told its status');
  const emusBefore = target.emus()?.ready;
  const load = async (): Promise<Result['load']> => {
    if (profile.rows === 0) return null;
    const began = elapsed();
    const from = await highestId(target.page);
    const onProgress = (rows: number) => (loaded = rows);
    await target.load({ count: profile.rows, seed: 1, from, onProgress, signal });
    return throughput(profile.rows, elapsed() - began);
  };
  const visit = () => (visitors ? visitors.visit(target.page, signal) : Promise.resolve(null));

  const loadBegan = elapsed();
  const comeMeanwhile = profile.visitsCome === 'meanwhile';
  const early = comeMeanwhile ? visit() : undefined;
  // A failure is told when it is waited for.
  early?.catch(() => undefined);
  const loading = await step('load', load);
  await step('drain', () => untilQuiet(profile.drainSeconds));
  const drained = loading && throughput(loading.rows, elapsed() - loadBegan);
  const k6 = await step('visit', () => early ?? visit());
  if (k6) await step('settle', () => untilQuiet(patience.afterVisits));
  if (profile.untilScaledDown && emusBefore !== undefined) {
    const hasScaledDown = () => (target.emus()?.ready ?? 0) <= emusBefore;
    await step('scale down', () =>
      until(hasScaledDown, patience.scaleDown, signal, 'the emus have not gone'),
    );
  }
  const audit = await step('audit', () => target.audit(signal));

  const measured = {
    format: 1 as const,
    name,
    profile: { name: profile.name, description: profile.description },
    target: { kind: target.kind, page: target.page, namespace: target.namespace },
    startedAt,
    seconds: rounded(elapsed()),
    machine: machine(),
    notes: [...target.notes, ...options.notes],
    steps,
    load: loading,
    throughput: drained,
    samples: sampler.samples,
    usage: [...sampler.usage.values()],
    disk: sampler.disk,
    restarts: await target.restarts(),
    k6,
    audit,
  };
  return { ...measured, verdict: judge(measured, profile.thresholds) };
}

/** New rows are generated from there on, so that none is alike. */
async function highestId(page: string): Promise<number> {
  const answer = await fetch(`${page}/api/products?sort=id&order=desc&pageSize=1`);
  const { products } = (await answer.json()) as { products: { id: number }[] };
  return products[0]?.id ?? 0;
}

async function until(
  isSo: () => boolean,
  seconds: number,
  signal: AbortSignal,
  complaint: string,
): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`After ${seconds} s ${complaint}.`);
    await delay(200, undefined, { signal });
  }
}

function throughput(rows: number, seconds: number) {
  return { rows, seconds: rounded(seconds), rowsPerSecond: Math.round(rows / seconds) };
}

function machine(): Result['machine'] {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${osType()} ${release()}`,
    node: process.version,
  };
}

const rounded = (value: number) => Math.round(value * 10) / 10;
