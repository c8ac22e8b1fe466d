import type { DeleteJob, UpsertJob } from '@aviary/change-job';
import { faultPoint } from '@aviary/runtime';
import type { Acknowledger } from './acknowledge.ts';
import { buryRefused, type DeadLetterContext } from './dead-letter.ts';
import { decode } from './decode.ts';
import { embed } from './embed.ts';
import type { Lease, Leases } from './leases.ts';
import { doubtAfterWrite, requestRefresh, type RefreshContext } from './refresh.ts';
import type { Route } from './route.ts';
import type { Doubtful, Refusal, Task } from './task.ts';
import { remove, upsert } from './upsert.ts';

export interface BatchContext extends DeadLetterContext, RefreshContext {
  /** By the name of the SemanticIndex. */
  routes: ReadonlyMap<string, Route>;
  leases: Leases;
  acknowledger: Acknowledger;
}

/**
 * Takes one batch through the stages: decode ─► embed ─► upsert or delete ─► acknowledge. Each lease ends
 * settled (accepted or dead-lettered, asked for anew where its record is in doubt, then deleted from the queue) or
 * abandoned.
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
  const { tasks, late, refusals } = decode(batch, routes);
  decoded();
  faultPoint('emu.decoded');

  const doubtful = new Map<Lease, Doubtful>();
  for (const { lease, job } of late) doubtful.set(lease, { job, doubt: 'late' });
  // What has another duty besides its job: it ends only when both are done.
  const detained = new Set([...refusals, ...late].map(({ lease }) => lease));
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
        for (const { lease, job } of done) {
          const doubt = doubtAfterWrite(lease, leases);
          if (doubt === undefined) continue;
          doubtful.set(lease, { job, doubt });
          detained.add(lease);
        }
        for (const { lease, job } of left) {
          if (lease.unanswered > 0) doubtful.set(lease, { job, doubt: 'unanswered' });
          abandoned.add(lease);
          leases.release(lease);
        }
        refusals.push(...refused);
        for (const { lease } of refused) detained.add(lease);
        acknowledger.settle(done.map(({ lease }) => lease).filter((lease) => !detained.has(lease)));
      });
      await Promise.all(outcomes);
    }),
  );

  const unburied = await buryRefused(refusals, context, signal);
  for (const lease of unburied) leases.release(lease);
  await requestRefresh([...doubtful.values()], context, signal);
  acknowledger.settle(
    [...detained].filter((lease) => !abandoned.has(lease) && !unburied.has(lease)),
  );
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
  faultPoint('emu.embedded');
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
