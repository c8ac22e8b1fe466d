import { emuDefaults, type Embedder } from './emu.ts';
import { limits, prices, workload, type Measured } from './inputs.ts';
import type { Scaler } from './scaled-object.ts';
import { simulate } from './simulation.ts';

/** What it takes to bring so many rows into an empty index. */
export interface RowsPlan {
  rows: number;
  /** Infinity for an embedder of one's own. */
  tokensPerMinute: number;
  emus: number;
  rowsPerSecond: number;
  limit: string;
  hours: number;
  /** In dollars; storage for the first month. */
  dollars: { tokens: number; queue: number; writes: number; storage: number; machines: number };
}

/** Emus are 1 processor and 1 GiB; beside them two pelicans and two frontends like them, a cluster and a database. */
const podHour = prices.cpuHour + prices.memoryHour;
const restHour = 4 * podHour + prices.clusterHour + 2 * prices.databaseHour;

/** What limits how many rows a second go through, the narrowest first. */
export function rowLimits(
  tokensPerMinute: number,
  measured: Measured,
): { limit: string; rate: number }[] {
  const { maxBatch, concurrency } = emuDefaults;
  const emus = Math.floor(limits.messagesInFlight / ((concurrency + 2) * maxBatch));
  return [
    {
      limit: 'tokens a minute',
      rate: tokensPerMinute / 60 / workload.tokensPerRow,
    },
    { limit: 'one pelican', rate: measured.pelicanRate },
    { limit: 'upserts into a namespace', rate: limits.upsertsPerSecond * maxBatchOf(measured) },
    {
      limit: 'bytes into a namespace',
      rate: limits.upsertBytesPerSecond / workload.bytesPerRecord,
    },
    { limit: 'messages in flight in a queue', rate: emus * emuRate(measured) },
    {
      limit: 'calls to a queue',
      // A third of the calls are of each action.
      rate: limits.queueCallsPerSecond / (measured.queueCallsPerRow / 3),
    },
  ].sort((a, b) => a.rate - b.rate);
}

const embedder: Embedder = { secondsPerRequest: workload.secondsPerBatch, secondsPerText: 0 };

/** Batches of OpenAI take about as long whatever is in them, so they are as full as was measured of such. */
const maxBatchOf = ({ batchFill }: Measured) => Math.round(emuDefaults.maxBatch * batchFill);

function emuRate(measured: Measured): number {
  const rate = (emuDefaults.concurrency * maxBatchOf(measured)) / workload.secondsPerBatch;
  return Math.min(measured.emuRate, rate);
}

/** Simulates a backfill with prod's scaler and as many emus as the rows a second that can be had call for. */
export function planRows(
  { rows, tokensPerMinute }: { rows: number; tokensPerMinute: number },
  measured: Measured,
  { keda, hpa }: Scaler,
): RowsPlan {
  const [narrowest] = rowLimits(tokensPerMinute, measured);
  if (narrowest === undefined) throw new Error('Something limits every plan.');
  const emus = Math.ceil(narrowest.rate / emuRate(measured)) + 1;
  const averageValue = Math.min(hpa.averageValue, Math.floor(limits.crowdedMessages / emus));
  const { drainedAt, podSeconds } = simulate(
    {
      rows,
      tokensPerRow: workload.tokensPerRow,
      publishRate: Math.min(measured.pelicanRate, narrowest.rate * 2),
      crowdedMessages: limits.crowdedMessages,
      emu: { ...emuDefaults, maxBatch: maxBatchOf(measured), rate: measured.emuRate },
      embedder,
      tokensPerMinute,
      scaler: { keda, hpa: { ...hpa, maxReplicas: emus, averageValue } },
      hpaSyncSeconds: 15,
      podStartSeconds: [30, 30],
      rateWhilePodsStart: 1,
    },
    { step: 0.25, sample: Infinity, end: (3 * rows) / narrowest.rate + 3_600 },
  );
  const hours = drainedAt / 3_600;
  return {
    rows,
    tokensPerMinute,
    emus,
    rowsPerSecond: rows / drainedAt,
    limit: narrowest.limit,
    hours,
    dollars: {
      tokens:
        tokensPerMinute === Infinity
          ? 0
          : (rows * workload.tokensPerRow * prices.millionTokens) / 1e6,
      queue: (rows * measured.queueCallsPerRow * prices.millionQueueRequests) / 1e6,
      writes: (rows * (workload.bytesPerRecord / 1_000) * prices.millionWriteUnits) / 1e6,
      storage: ((rows * workload.bytesPerRecord) / 1e9) * prices.gigabyteMonth,
      machines: (podSeconds / 3_600) * podHour + hours * restHour,
    },
  };
}
