import type { DeleteJob, UpsertJob } from '@aviary/change-job';
import type { Queue } from '@aviary/queue';
import type { Logger } from '@aviary/runtime';
import type { Acknowledger } from './acknowledge.ts';
import { deadLetterOf } from './dead-letter.ts';
import { decode } from './decode.ts';
import type { Dependency } from './dependency.ts';
import { embed } from './embed.ts';
import type { Lease, Leases } from './leases.ts';
import type { Route } from './route.ts';
import type { Refusal, Task } from './task.ts';
import type { Telemetry } from './telemetry.ts';
import { remove, upsert } from './upsert.ts';

export interface BatchContext {
  /** By the name of the SemanticIndex. */
  routes: ReadonlyMap<string, Route>;
  leases: Leases;
  acknowledger: Acknowledger;
  deadLetterQueue: Queue;
  deadLetters: Dependency;
  telemetry: Telemetry;
  logger: Logger;
}

/**
 * Takes one batch through the stages: decode ─► embed ─► upsert or delete ─► acknowledge. Each lease ends
 * settled (accepted or dead-lettered, then deleted from the queue) or abandoned.
 *
 * @throws the signal's reason once it aborts; what had not ended then is still held.
 */
export async function workOff(
  batch: readonly Lease[],
  context: BatchContext,
  signal: AbortSignal,
): Promise<void> {
  const { routes, telemetry, acknowledger, leases } = context;
  telemetry.batch(batch.length);
  const decoded = telemetry.stage('decode');
  const { tasks, refusals } = decode(batch, routes);
  decoded();

  // A lease with an unreadable message besides its job ends only when both are brought home.
  const tainted = new Set(refusals.map(({ lease }) => lease));
  const finish = (done: readonly Task[]) =>
    acknowledger.settle(done.map(({ lease }) => lease).filter((lease) => !tainted.has(lease)));
  const abandoned = new Set<Lease>();

  await Promise.all(
    [...Map.groupBy(tasks, ({ job }) => job.index)].map(async ([index, group]) => {
      const route = routes.get(index);
      if (route === undefined) return;
      const upserts = group.filter((task): task is Task<UpsertJob> => task.job.op === 'upsert');
      const deletes = group.filter((task): task is Task<DeleteJob> => task.job.op === 'delete');
      const outcomes = [
        bringUpserts(upserts, route, context, signal),
        bringDeletes(deletes, route, context, signal),
      ].map(async (outcome) => {
        const { done, refused, left } = await outcome;
        finish(done);
        refusals.push(...refused);
        for (const { lease } of left) {
          abandoned.add(lease);
          leases.release(lease);
        }
      });
      await Promise.all(outcomes);
    }),
  );

  await buryRefused(refusals, abandoned, context, signal);
}

interface Brought {
  done: readonly Task[];
  refused: Refusal[];
  /** Those whose lease was nearly over. */
  left: readonly Task[];
}

async function bringUpserts(
  tasks: readonly Task<UpsertJob>[],
  route: Route,
  { telemetry, leases }: BatchContext,
  signal: AbortSignal,
): Promise<Brought> {
  if (tasks.length === 0) return { done: [], refused: [], left: [] };
  const index = route.spec.name;
  const embedded = telemetry.stage('embed');
  const { vectors, refusals, embeddedTexts, reusedVectors } = await embed(tasks, route, signal);
  embedded();
  telemetry.embedded(index, embeddedTexts, reusedVectors);

  const unembedded = new Set(refusals.map(({ lease }) => lease));
  const ready = tasks.filter(({ lease }) => !unembedded.has(lease));
  const upserted = telemetry.stage('upsert');
  const written = await upsert(ready, vectors, route, leases, signal);
  upserted();
  const left = neither(ready, written.done, written.refusals);
  telemetry.done(index, 'upsert', written.done);
  telemetry.abandoned(index, 'upsert', left.length);
  return { done: written.done, refused: [...refusals, ...written.refusals], left };
}

async function bringDeletes(
  tasks: readonly Task<DeleteJob>[],
  route: Route,
  { telemetry, leases }: BatchContext,
  signal: AbortSignal,
): Promise<Brought> {
  if (tasks.length === 0) return { done: [], refused: [], left: [] };
  const index = route.spec.name;
  const deleted = telemetry.stage('delete');
  const { done, refusals } = await remove(tasks, route, leases, signal);
  deleted();
  const left = neither(tasks, done, refusals);
  telemetry.done(index, 'delete', done);
  telemetry.abandoned(index, 'delete', left.length);
  return { done, refused: refusals, left };
}

function neither<T extends Task>(
  tasks: readonly T[],
  done: readonly T[],
  refusals: readonly Refusal[],
): T[] {
  if (done.length === tasks.length) return [];
  const ended = new Set([...done, ...refusals].map(({ lease }) => lease));
  return tasks.filter(({ lease }) => !ended.has(lease));
}

/** Only once a refusal lies in the dead-letter queue may its message leave the queue. */
async function buryRefused(
  refusals: readonly Refusal[],
  abandoned: ReadonlySet<Lease>,
  context: BatchContext,
  signal: AbortSignal,
): Promise<void> {
  if (refusals.length === 0) return;
  const { deadLetterQueue, deadLetters, acknowledger, leases, telemetry, logger } = context;
  const now = Date.now();
  const unburied = new Set<Lease>();
  const refused = await deadLetterQueue.send(
    refusals.map((refusal) => ({ ...deadLetterOf(refusal, now), refusal })),
    { signal, onRetry: (error) => deadLetters.failed(error) },
  );
  deadLetters.ok();
  for (const { message, reason } of refused) {
    // SQS delivers it again, and buries it by itself when its receives are used up.
    unburied.add(message.refusal.lease);
    leases.release(message.refusal.lease);
    logger.error({ event: 'dead_letter_refused', id: message.refusal.id, reason });
  }
  for (const { lease, stage, reason, index, op, id, version, unexpected: err } of refusals) {
    if (unburied.has(lease)) continue;
    telemetry.deadLettered(index, op);
    logger.warn({ event: 'dead_lettered', stage, reason, index, id, version, err });
  }
  const buried = new Set(refusals.map(({ lease }) => lease));
  acknowledger.settle([...buried].filter((lease) => !abandoned.has(lease) && !unburied.has(lease)));
}
