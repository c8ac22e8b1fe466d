import { readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Answer } from './minilm-model.ts';

/**
 * One text an inference, in a worker thread with one native thread. onnxruntime-node runs an inference
 * inside the calling thread: in the server's own it would stall HTTP for as long as a batch takes.
 * Dynamic quantisation scales by the whole batch, so batching would also make a text's vector depend on
 * its neighbours (cosine 0.99 to itself alone); one by one, equal texts have equal vectors.
 */

/** The length the model was trained at, with its first and last token. */
const maxTokens = 256;

const folder = new URL('../../model/', import.meta.url);
const definition: unknown = JSON.parse(await readFile(new URL('tokenizer.json', folder), 'utf8'));
// The package's own types import without file endings, which NodeNext does not resolve.
const WordPiece = Tokenizer as unknown as new (
  definition: unknown,
  config: object,
) => { encode(text: string): { ids: number[] } };
const tokenizer = new WordPiece(definition, {});
const session = await InferenceSession.create(
  await readFile(new URL('all-MiniLM-L6-v2-int8.onnx', folder)),
  { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' },
);

async function embed(ids: number[]): Promise<Float32Array> {
  const kept = ids.length > maxTokens ? [...ids.slice(0, maxTokens - 1), ...ids.slice(-1)] : ids;
  const shape = [1, kept.length];
  const outputs = await session.run({
    input_ids: new Tensor('int64', BigInt64Array.from(kept, BigInt), shape),
    attention_mask: new Tensor('int64', new BigInt64Array(kept.length).fill(1n), shape),
  });
  return outputs.emb?.data as Float32Array;
}

async function embedAll(texts: string[]): Promise<Answer> {
  const answer: Answer = { vectors: [], tokens: 0 };
  for (const text of texts) {
    const { ids } = tokenizer.encode(text);
    answer.tokens += ids.length;
    answer.vectors.push(await embed(ids));
  }
  return answer;
}

parentPort?.on('message', (texts: string[]) => {
  void embedAll(texts).then((answer) => parentPort?.postMessage(answer));
});
parentPort?.postMessage('ready');
