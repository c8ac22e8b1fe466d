import { decodeDeadLetter } from '@aviary/change-job';
import { VectorIndex, type VectorRecord } from '@aviary/vector-index';
import pg from 'pg';
import { expectedRecords } from './expected.ts';
import { rowName } from './ledger.ts';
import type { System } from './system.ts';
import { embeddingModel, tables } from './tables.ts';
import type { Findings } from './verdict.ts';

/** Reads what there is in the tables, the index and the queue of dead letters, which is empty afterwards. */
export async function find(system: System, beganAt: number): Promise<Findings> {
  const client = new pg.Client({ connectionString: system.postgres.url });
  await client.connect();
  try {
    const expected = await expectedRecords(client);
    const newest = new Map(system.ledger.newest);
    return {
      expected,
      newest,
      records: await storedRecords(system),
      vectors: await vectorsOf(
        [...expected.values()].map(({ text }) => text),
        system,
      ),
      deadLetters: await deadLetters(system),
      beganAt,
      endedAt: Date.now(),
    };
  } finally {
    await client.end();
  }
}

async function storedRecords({ pinecone }: System): Promise<Map<string, VectorRecord>> {
  const stored = new Map<string, VectorRecord>();
  for (const { name } of tables) {
    const index = new VectorIndex({
      apiKey: 'storm',
      controllerHostUrl: pinecone.url,
      index: 'storm',
      namespace: name,
    });
    for await (const ids of index.listIds()) {
      const records = await index.fetch(ids);
      for (const id of ids) {
        const record = records.get(id);
        if (record !== undefined) stored.set(rowName(name, id), record);
      }
    }
  }
  return stored;
}

const textsPerRequest = 500;

/** Asked of the embedder itself. */
async function vectorsOf(texts: string[], system: System): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  for (let at = 0; at < texts.length; at += textsPerRequest) {
    const input = texts.slice(at, at + textsPerRequest);
    const response = await fetch(`${system.embeddings.url}/embeddings`, {
      method: 'POST',
      headers: { authorization: 'Bearer storm' },
      body: JSON.stringify({ model: embeddingModel, input }),
    });
    const { data } = (await response.json()) as { data: { embedding: number[] }[] };
    for (const [position, text] of input.entries()) {
      vectors.set(text, Float32Array.from(data[position]?.embedding ?? []));
    }
  }
  return vectors;
}

async function deadLetters({ queues }: System): Promise<(string | undefined)[]> {
  const rows: (string | undefined)[] = [];
  const { signal } = new AbortController();
  for (;;) {
    const messages = await queues.deadLetters.receive({
      waitSeconds: 0,
      visibilityTimeoutSeconds: 30,
      signal,
    });
    if (messages.length === 0) return rows;
    for (const { body } of messages) {
      const letter = decodeDeadLetter(body);
      rows.push(letter && rowName(letter.index ?? '', letter.id ?? ''));
    }
    await queues.deadLetters.acknowledge(messages, signal);
  }
}
