import type { SqsFaults } from '@aviary/local/sqs';
import type { PineconeFaults } from '@aviary/local/pinecone';
import type { Faults as EmbedderFaults } from '@aviary/local/embeddings';
import type { Release } from '@aviary/local/tcp-proxy';
import type { FaultSignal } from './fault-points.ts';
import { linkNames, slots, type LinkName, type Slot } from './links.ts';
import type { Random } from './random.ts';

export type Fault =
  /** A stopped process goes on after `forMs`. */
  | { kind: 'signal'; signal: FaultSignal; victims: Slot[] }
  | { kind: 'postgres'; how: 'restart' | 'crash' }
  | { kind: 'drop'; links: LinkName[] }
  /** Of 'present' connections: others pass by them, and what they carry arrives behind. */
  | { kind: 'hold'; links: LinkName[]; which: 'all' | 'present'; release: Release }
  | { kind: 'delay'; links: LinkName[]; ms: number }
  | { kind: 'queue'; faults: SqsFaults }
  | { kind: 'index'; faults: Partial<PineconeFaults> }
  | { kind: 'embedder'; faults: EmbedderFaults }
  /** No fault, but a person's act in the midst of them: every row is to be sent again. */
  | { kind: 'backfill' };

export interface PlannedFault {
  /** After the storm's begin, in milliseconds. */
  atMs: number;
  /** How long it lasts; 0 for what happens at once. */
  forMs: number;
  fault: Fault;
}

const weights = {
  signal: 7,
  drop: 3,
  hold: 5,
  delay: 2,
  queue: 5,
  index: 5,
  embedder: 3,
};

/** Between the beginnings of two faults, in milliseconds, on average. */
const paceMs = 450;
/**
 * How late a write to the index may take effect, of a frozen process or held up on its way: below the delay of a refresh,
 * which counts on such a time.
 */
export const longestLatenessMs = 12_000;
/** A claim of pelican's is another's after 20 s. */
const pastLeaseMs = [18_000, 26_000] as const;
const longShare = 0.3;

/** A storm has at most so many outages of Postgres, which end all writers' transactions. */
const mostPostgresOutages = 2;
/** Share of the storms in which a person has every row sent again. */
const backfillShare = 0.3;

/** All faults of a storm by the clock, in order. */
export function planFaults(stormMs: number, random: Random): PlannedFault[] {
  const planned: PlannedFault[] = [];
  for (let atMs = 1_000; atMs < stormMs; atMs += random.between(0, 2 * paceMs)) {
    planned.push({ atMs, ...drawFault(random) });
  }
  for (let outages = random.between(0, mostPostgresOutages); outages > 0; outages -= 1) {
    const how = random.pick(['restart', 'crash'] as const);
    planned.push({
      atMs: random.between(2_000, Math.max(2_000, stormMs - 1_000)),
      forMs: 0,
      fault: { kind: 'postgres', how },
    });
  }
  // Early, if at all: it also mends what went wrong before.
  if (random.chance(backfillShare)) {
    planned.push({
      atMs: random.between(1_000, stormMs / 2),
      forMs: 0,
      fault: { kind: 'backfill' },
    });
  }
  return planned.sort((a, b) => a.atMs - b.atMs);
}

function drawFault(random: Random): Pick<PlannedFault, 'fault' | 'forMs'> {
  const kind = random.weighted(weights);
  switch (kind) {
    case 'signal': {
      const signal = random.pick(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGSTOP'] as const);
      const victims = random
        .sample(slots, random.chance(0.2) ? 2 : 1)
        // An emu may not be frozen for as long as a pelican: the first decides.
        .sort();
      return {
        forMs: signal === 'SIGSTOP' ? drawFreezeMs(random, victims[0] ?? 'emu-1') : 0,
        fault: { kind, signal, victims },
      };
    }
    case 'drop':
      return { forMs: 0, fault: { kind, links: drawLinks(random) } };
    case 'hold': {
      const release = random.pick(['delivered', 'delivered', 'reset', 'forgotten'] as const);
      const links = drawLinks(random);
      const mayBeLong = links.every((link) => /^pelican-. (queue|postgres)$/.test(link));
      return {
        forMs:
          mayBeLong && random.chance(longShare)
            ? random.between(...pastLeaseMs)
            : random.between(500, 7_000),
        fault: { kind, links, which: random.pick(['all', 'present']), release },
      };
    }
    case 'delay':
      return {
        forMs: random.between(1_000, 4_000),
        fault: { kind, links: drawLinks(random), ms: random.between(50, 2_500) },
      };
    case 'queue':
      return {
        forMs: random.between(500, 4_000),
        fault: { kind, faults: drawQueueFaults(random) },
      };
    case 'index':
      return {
        forMs: random.between(500, 4_000),
        fault: { kind, faults: drawIndexFaults(random) },
      };
    case 'embedder':
      return {
        forMs: random.between(500, 4_000),
        fault: { kind, faults: drawEmbedderFaults(random) },
      };
  }
}

/** Often past the visibility timeout of emus, now and then past the lease of a pelican's claim. */
export function drawFreezeMs(random: Random, slot: Slot): number {
  return slot.startsWith('pelican') && random.chance(longShare)
    ? random.between(...pastLeaseMs)
    : random.between(random.chance(0.5) ? 500 : 6_000, longestLatenessMs);
}

/** One way, or all ways to one dependency. */
function drawLinks(random: Random): LinkName[] {
  const link = random.pick(linkNames);
  if (random.chance(0.75)) return [link];
  const dependency = link.split(' ')[1] ?? '';
  return linkNames.filter((name) => name.endsWith(` ${dependency}`));
}

const drawShare = (random: Random) => random.between(1, 9) / 10;

function drawQueueFaults(random: Random): SqsFaults {
  const share = drawShare(random);
  return random.pick<SqsFaults>([
    { latencyMs: random.between(20, 400) },
    { serverError: share },
    { throttled: share },
    { dropBefore: share },
    { dropAfter: share },
    { duplicate: share },
    { dropAfter: share / 3, duplicate: 0.5, serverError: share / 3 },
  ]);
}

function drawIndexFaults(random: Random): Partial<PineconeFaults> {
  const share = drawShare(random);
  return random.pick<Partial<PineconeFaults>>([
    { latencyMs: random.between(20, 400) },
    { unavailable: share },
    { throttled: share, retryAfterSeconds: random.between(0, 2) },
    { droppedBefore: share },
    { droppedAfter: share },
    // Beyond what emu waits for an answer, the write being done.
    { slow: share, slowMs: random.between(800, 6_000) },
    { consistencyDelayMs: random.between(50, 2_000) },
    { unavailable: share / 3, droppedAfter: share / 3, slow: share / 3, slowMs: 2_000 },
  ]);
}

function drawEmbedderFaults(random: Random): EmbedderFaults {
  const share = drawShare(random);
  return random.pick<EmbedderFaults>([
    { latencyMs: random.between(50, 5_000) },
    { serverError: share },
    { rateLimited: share },
    { dropBefore: share },
    { dropAfter: share },
    { slowBodyMs: random.between(100, 3_000) },
  ]);
}
