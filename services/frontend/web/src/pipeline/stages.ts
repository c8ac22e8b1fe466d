import {
  mdiBird,
  mdiDatabaseOutline,
  mdiEmailAlertOutline,
  mdiFeather,
  mdiMagnify,
  mdiRefresh,
  mdiTrayArrowDown,
  mdiTrayFull,
  mdiVectorPolyline,
} from '@mdi/js';
import type { Status, WorkerCount } from '../../../shared/pipeline.ts';
import { formatCount, formatRate, formatSeconds, formatShortCount } from '../formats.ts';

export type StageId =
  | 'table'
  | 'outbox'
  | 'pelicans'
  | 'queue'
  | 'emus'
  | 'index'
  | 'refreshes'
  | 'deadLetters'
  | 'embedder';

/** idle: nothing to do; busy: at work; behind: work waits that should not; away: its source does not answer. */
export type Tone = 'idle' | 'busy' | 'behind' | 'away' | 'unknown';

export interface Stage {
  id: StageId;
  title: string;
  icon: string;
  figure: string;
  unit: string;
  /** A second figure, in words. */
  detail: string;
  tone: Tone;
  /** The tone, in a word or two. */
  state: string;
  /** Why a figure is missing. */
  reason: string | undefined;
}

/** A change that waits in the outbox for so long is not being taken. */
const lateSeconds = 30;
/** So much of the budget: the embedder sets the pace. */
const nearBudget = 0.9;

export function stagesOf(status: Status): Record<StageId, Stage> {
  return {
    table: tableStage(status),
    outbox: outboxStage(status),
    pelicans: pelicanStage(status),
    queue: queueStage(status),
    emus: emuStage(status),
    index: indexStage(status),
    refreshes: refreshStage(status),
    deadLetters: deadLetterStage(status),
    embedder: embedderStage(status),
  };
}

const state = (tone: Tone, text: string) => ({ tone, state: text });
const ofWorkers = (count: WorkerCount | null) =>
  count === null ? formatCount(null) : `${count.answering}`;

function tableStage({ rows, relayRates, reasons, health }: Status): Stage {
  const rate = relayRates?.rowsClaimedPerSecond ?? 0;
  return {
    id: 'table',
    title: 'Table',
    icon: mdiDatabaseOutline,
    figure: formatShortCount(rows),
    unit: 'rows',
    detail: `${formatRate(rate)} changes/s`,
    ...(!health.postgres.ok
      ? state('away', 'Away')
      : rate > 0
        ? state('busy', 'Changing')
        : state('idle', 'Quiet')),
    reason: reasons.rows,
  };
}

function outboxStage({ outbox, reasons }: Status): Stage {
  const oldest = outbox?.oldestSeconds ?? null;
  return {
    id: 'outbox',
    title: 'Outbox',
    icon: mdiTrayFull,
    figure: formatShortCount(outbox && outbox.waiting),
    unit: 'changes wait',
    detail: oldest === null ? 'none waits' : `oldest ${formatSeconds(oldest)}`,
    ...(outbox === null
      ? state('away', 'Away')
      : oldest === null
        ? state('idle', 'Empty')
        : oldest > lateSeconds
          ? state('behind', 'Behind')
          : state('busy', 'Draining')),
    reason: reasons.outbox,
  };
}

function pelicanStage({ pelicans, relayRates, outbox, reasons }: Status): Stage {
  const rate = relayRates?.jobsPublishedPerSecond ?? null;
  return {
    id: 'pelicans',
    title: 'Pelicans',
    icon: mdiFeather,
    figure: ofWorkers(pelicans),
    unit: pelicans === null ? '' : `of ${pelicans.known} answer`,
    detail: `${formatRate(rate)} jobs/s`,
    ...workersState(pelicans, rate ?? 0, (outbox?.waiting ?? 0) > 0),
    reason: reasons.pelicans ?? reasons.relayRates,
  };
}

function queueStage({ queue, emus, reasons }: Status): Stage {
  const { visible = null, inFlight = 0, delayed = 0 } = queue ?? {};
  const isStuck = (visible ?? 0) > 0 && emus?.answering === 0;
  return {
    id: 'queue',
    title: 'Queue',
    icon: mdiTrayArrowDown,
    figure: formatShortCount(visible),
    unit: 'jobs wait',
    detail: `${formatShortCount(inFlight)} in flight${delayed > 0 ? `, ${delayed} later` : ''}`,
    ...(queue === null
      ? state('away', 'Away')
      : isStuck
        ? state('behind', 'No emu')
        : queue.visible + queue.inFlight > 0
          ? state('busy', 'Draining')
          : state('idle', 'Empty')),
    reason: reasons.queue,
  };
}

function emuStage({ emus, rates, queue, reasons }: Status): Stage {
  const rate = rates?.embeddingsPerSecond ?? null;
  const waits = (queue?.visible ?? 0) > 0;
  return {
    id: 'emus',
    title: 'Emus',
    icon: mdiBird,
    figure: ofWorkers(emus),
    unit: emus === null ? '' : `of ${emus.known} answer`,
    detail: `${formatRate(rate)} embeddings/s`,
    ...workersState(emus, rates?.rowsPerSecond ?? 0, waits),
    reason: reasons.emus ?? reasons.rates,
  };
}

function indexStage({ indexed, rates, reasons, health }: Status): Stage {
  const rate = rates?.rowsPerSecond ?? 0;
  return {
    id: 'index',
    title: 'Index',
    icon: mdiMagnify,
    figure: formatShortCount(indexed),
    unit: 'records',
    detail: `${formatRate(rate)} writes/s`,
    ...(!health.index.ok
      ? state('away', 'Away')
      : rate > 0
        ? state('busy', 'Filling')
        : state('idle', 'Quiet')),
    reason: reasons.indexed ?? health.index.reason ?? undefined,
  };
}

function refreshStage({ refreshQueue, reasons }: Status): Stage {
  const { visible = null, inFlight = 0, delayed = 0 } = refreshQueue ?? {};
  return {
    id: 'refreshes',
    title: 'To read anew',
    icon: mdiRefresh,
    figure: formatShortCount(visible === null ? null : visible + inFlight + delayed),
    unit: 'requests',
    detail: delayed > 0 ? `${formatShortCount(delayed)} of them later` : 'doubted or redriven',
    ...(refreshQueue === null
      ? state('away', 'Away')
      : refreshQueue.visible + inFlight + delayed > 0
        ? state('busy', 'On its way')
        : state('idle', 'Empty')),
    reason: reasons.refreshQueue,
  };
}

function deadLetterStage({ deadLetters, reasons }: Status): Stage {
  return {
    id: 'deadLetters',
    title: 'Dead letters',
    icon: mdiEmailAlertOutline,
    figure: formatShortCount(deadLetters),
    unit: deadLetters === 1 ? 'letter' : 'letters',
    detail: 'redrive or discard',
    ...(deadLetters === null
      ? state('away', 'Away')
      : deadLetters > 0
        ? state('behind', 'Need a look')
        : state('idle', 'None')),
    reason: reasons.deadLetters,
  };
}

function embedderStage({ rates, tokensPerMinute, reasons, health }: Status): Stage {
  const tokens = rates?.tokensPerSecond ?? null;
  const share =
    tokens === null || tokensPerMinute === null ? null : (tokens * 60) / tokensPerMinute;
  return {
    id: 'embedder',
    title: 'Embedder',
    icon: mdiVectorPolyline,
    figure: formatShortCount(tokens),
    unit: 'tokens/s',
    detail:
      share === null
        ? 'no limit known'
        : `${Math.round(share * 100)} % of ${formatShortCount(tokensPerMinute)}/min`,
    ...(!health.embedder.ok
      ? state('away', 'Away')
      : share !== null && share > nearBudget
        ? state('behind', 'At its limit')
        : (tokens ?? 0) > 0
          ? state('busy', 'Embedding')
          : state('idle', 'Quiet')),
    reason: health.embedder.reason ?? reasons.rates ?? reasons.tokensPerMinute,
  };
}

function workersState(count: WorkerCount | null, rate: number, waits: boolean) {
  if (count === null) return state('unknown', 'Not known');
  if (count.answering < count.known) return state('away', `${count.known - count.answering} away`);
  if (count.answering === 0) return waits ? state('behind', 'None runs') : state('idle', 'None');
  return rate > 0 ? state('busy', 'At work') : state('idle', 'Waiting');
}

/** How fast dots move on the way from one stage to the next: 0 is not at all, 4 the most. */
export type Pace = 0 | 1 | 2 | 3 | 4;

export function paceOf(perSecond: number | null | undefined): Pace {
  if (perSecond == null || perSecond <= 0) return 0;
  if (perSecond < 10) return 1;
  if (perSecond < 100) return 2;
  return perSecond < 1_000 ? 3 : 4;
}
