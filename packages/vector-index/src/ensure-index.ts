import { PermanentError, sleep } from '@aviary/runtime';
import type { IndexModel, Pinecone } from '@pinecone-database/pinecone';
import { hasStatus } from './failures.ts';

const POLL_MS = 500;
/** The schema's field that holds the vectors of an index that is written to by vector, not by document. */
const VECTORS = '_values';

export interface IndexShape {
  dimension: number;
  metric: 'cosine' | 'dotproduct' | 'euclidean';
}

/** Makes the index when it is absent, in that region of AWS, and waits until it is ready. */
export async function ensureIndex(
  client: Pinecone,
  name: string,
  shape: IndexShape,
  region: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const found = await describe(client, name);
    if (!found) {
      await create(client, name, shape, region);
      continue;
    }
    const { ready, state } = found.status;
    // An index that is being made may not show its schema yet.
    if (ready || VECTORS in found.schema.fields) compare(found, shape);
    if (ready) return;
    if (state === 'InitializationFailed') {
      throw new PermanentError(`The index ${name} failed to start. Delete it, or name another.`);
    }
    await sleep(POLL_MS, signal);
  }
}

/** What vectors an index takes; undefined when there is no index of that name. */
export async function shapeOf(
  client: Pinecone,
  name: string,
): Promise<{ dimension: number; metric: string } | undefined> {
  const found = await describe(client, name);
  if (!found) return undefined;
  const vectors = vectorsOf(found);
  return { dimension: vectors?.dimension ?? 0, metric: vectors?.metric ?? 'none' };
}

function vectorsOf(found: IndexModel) {
  const field = found.schema.fields[VECTORS];
  return field && 'type' in field && field.type === 'dense_vector' ? field : undefined;
}

function compare(found: IndexModel, shape: IndexShape): void {
  const vectors = vectorsOf(found);
  const { dimension, metric } = shape;
  if (vectors?.dimension === dimension && vectors.metric === metric) return;
  const has = vectors
    ? `dimension ${vectors.dimension} and metric ${vectors.metric}`
    : 'no dense vectors';
  throw new PermanentError(
    `The index ${found.name} has ${has}; wanted are dimension ${dimension} and metric ${metric}. ` +
      'Name another index, or delete this one.',
  );
}

async function describe(client: Pinecone, name: string): Promise<IndexModel | undefined> {
  try {
    return await client.indexes.describe(name);
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

async function create(
  client: Pinecone,
  name: string,
  { dimension, metric }: IndexShape,
  region: string,
): Promise<void> {
  try {
    await client.indexes.create({
      name,
      deployment: { deploymentType: 'managed', cloud: 'aws', region },
      schema: { fields: { [VECTORS]: { type: 'dense_vector', dimension, metric } } },
    });
  } catch (error) {
    // Another replica was first.
    if (!hasStatus(error, 409)) throw error;
  }
}
