import { provenanceOf, type UpsertJob } from '@aviary/change-job';
import { isolate } from './isolate.ts';
import type { Route } from './route.ts';
import { refuse, type Embedded, type Refusal, type Task, type Vector } from './task.ts';

export interface EmbedOutcome {
  /** The vector of each content hash. */
  vectors: Map<string, Embedded>;
  refusals: Refusal[];
  /** Texts sent to the embedder. */
  embeddedTexts: number;
  /** Tasks that need no embedding, because the index holds the vector of their text. */
  reusedVectors: number;
}

/**
 * Finds each task's vector at the least cost: what the index already holds is fetched in bulk, equal texts
 * are embedded once, and all that is left is one call.
 */
export async function embed(
  tasks: readonly Task<UpsertJob>[],
  route: Route,
  signal: AbortSignal,
): Promise<EmbedOutcome> {
  const outcome: EmbedOutcome = {
    vectors: new Map(),
    refusals: [],
    embeddedTexts: 0,
    reusedVectors: 0,
  };
  const failures = await isolate(
    tasks,
    async (part) => {
      const stored = await storedVectors(part.filter(mayBeStored), route, signal);
      const texts = new Map<string, string>();
      let lastQueuedAt = -Infinity;
      for (const { job, queuedAt } of part) {
        if (stored.has(job.contentHash)) continue;
        texts.set(job.contentHash, job.text);
        lastQueuedAt = Math.max(lastQueuedAt, queuedAt);
      }
      const fresh = await embedTexts(texts, route, signal);
      // Never before they were queued, whatever the clocks: this is how a vector made for a job is told from a kept one.
      const embeddedAt = Math.max(Date.now(), lastQueuedAt);
      for (const [hash, embedded] of stored) outcome.vectors.set(hash, embedded);
      for (const [hash, values] of fresh) outcome.vectors.set(hash, { values, embeddedAt });
      outcome.embeddedTexts += texts.size;
      outcome.reusedVectors += part.filter(({ job }) => stored.has(job.contentHash)).length;
    },
    signal,
  );
  outcome.refusals = failures.map(({ item, error }) => refuse(item, 'embed', error));
  return outcome;
}

/** A text that capture saw to be new can be stored only if an earlier delivery got as far as the index. */
function mayBeStored({ job, lease }: Task<UpsertJob>): boolean {
  return !job.textIsNew || lease.messages.some((message) => message.receiveCount > 1);
}

async function storedVectors(tasks: readonly Task<UpsertJob>[], route: Route, signal: AbortSignal) {
  const vectors = new Map<string, Embedded>();
  if (tasks.length === 0) return vectors;
  const ids = tasks.map(({ job }) => job.id);
  const records = await route.storage.call(() => route.records.fetch(ids, signal), signal);
  for (const { job } of tasks) {
    const record = records.get(job.id);
    if (record?.values.length !== route.spec.embedding.dimensions) continue;
    const provenance = provenanceOf(record.metadata);
    if (provenance?.contentHash !== job.contentHash) continue;
    vectors.set(job.contentHash, { values: record.values, embeddedAt: provenance.embeddedAt });
  }
  return vectors;
}

async function embedTexts(texts: Map<string, string>, route: Route, signal: AbortSignal) {
  if (texts.size === 0) return [];
  const vectors = await route.embedding.call(
    () => route.embedder.embed([...texts.values()], signal),
    signal,
  );
  return [...texts.keys()].map((hash, position): [string, Vector] => {
    const vector = vectors[position];
    if (vector === undefined) throw new Error('The embedder gave fewer vectors than it got texts.');
    return [hash, vector];
  });
}
