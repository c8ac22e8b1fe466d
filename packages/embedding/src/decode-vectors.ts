import { RetryableError } from '@aviary/runtime';

/** What is read of a response, by what servers of the protocol are seen to send: numbers despite base64, no usage. */
export interface EmbeddingResponse {
  data?: readonly { index: number; embedding: string | number[] }[];
  usage?: { total_tokens: number };
}

/**
 * The vectors of a response, in the order of the request's texts.
 * @throws RetryableError when their count or dimension is not what was asked for: the configuration is at
 * fault, not a row, and a person mends it while the work waits.
 */
export function decodeVectors(
  response: EmbeddingResponse,
  expected: { count: number; dimensions: number; model: string },
): Float32Array[] {
  const { count, dimensions, model } = expected;
  // A body that is no JSON arrives as its text, without data.
  const answered = response.data ?? [];
  const vectors = new Array<Float32Array | undefined>(count).fill(undefined);
  for (const { index, embedding } of answered) {
    const vector = decodeVector(embedding);
    if (vector.length !== dimensions)
      throw new RetryableError(
        `The embedding model ${model} answers with ${vector.length} dimensions where ${dimensions} are configured: ` +
          `set the spec's embedding.dimensions to ${vector.length} and use an index of that dimension, or name another embedding.model`,
      );
    vectors[index] = vector;
  }
  const complete = vectors.filter((vector) => vector !== undefined);
  if (complete.length !== count || vectors.length !== count)
    throw new RetryableError(
      `The embedding server answered ${count} texts with ${answered.length} vectors: ` +
        `check that OPENAI_BASE_URL serves the OpenAI embeddings protocol`,
    );
  return complete;
}

/**
 * base64 was asked for; some servers that speak the protocol answer with numbers all the same. Written
 * straight into the vector's memory: no intermediate copy, no alignment to mind.
 */
function decodeVector(embedding: string | number[]): Float32Array {
  if (typeof embedding !== 'string') return Float32Array.from(embedding);
  const vector = new Float32Array(Math.floor(Buffer.byteLength(embedding, 'base64') / 4));
  Buffer.from(vector.buffer).write(embedding, 'base64');
  return vector;
}
