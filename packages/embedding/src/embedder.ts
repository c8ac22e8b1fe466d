import { PermanentError, RetryableError } from '@aviary/runtime';
import OpenAI from 'openai';
import { decodeVectors, type EmbeddingResponse } from './decode-vectors.ts';
import { isPassing, isRateLimit, isRefusal, misconfigured, translate } from './failure.ts';
import { packByTokens, type Pack } from './pack-by-tokens.ts';
import { Pacer, type Reply } from './pacer.ts';

export interface EmbedderOptions {
  apiKey: string;
  /** Another server of the same protocol, such as a local one; up to and including /v1. */
  baseURL?: string;
  model: string;
  /** Of every vector returned. */
  dimensions: number;
  /** Bound of one request, in milliseconds; 60,000 by default. */
  requestTimeoutMs?: number;
  /** Shared by the Embedders of a process that use one account; its own by default. */
  pacer?: Pacer;
  /** Told of every answered request. */
  onUsage?(usage: EmbeddingUsage): void;
}

export interface EmbeddingUsage {
  /** Requests sent for the answer: one, and one for each 429. */
  requests: number;
  texts: number;
  tokens: number;
  /** Time held back by the Pacer, in milliseconds. */
  waitedMs: number;
}

/** OpenAI's models whose dimensions the request may choose; other models and servers refuse the parameter. */
const choosesDimensions = 'text-embedding-3';

/** Turns texts into vectors over OpenAI's embeddings protocol. */
export class Embedder {
  readonly #client: OpenAI;
  readonly #options: EmbedderOptions;
  readonly #pacer: Pacer;
  /** Set by the first answer: from then on a refused request is its input's fault. */
  #proven = false;

  constructor(options: EmbedderOptions) {
    this.#options = options;
    this.#pacer = options.pacer ?? new Pacer();
    this.#client = new OpenAI({
      apiKey: options.apiKey,
      ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL }),
      timeout: options.requestTimeoutMs ?? 60_000,
      maxRetries: 0,
    });
  }

  /**
   * A vector for each text, in order, any number of texts: packed into as few requests as the limits allow,
   * sent at once as far as the Pacer lets them. All or nothing.
   *
   * @throws PermanentError when a text is empty (before anything is sent) or the server refuses the input;
   * RetryableError for everything that may pass or be mended; the signal's reason once it aborts.
   */
  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const empty = texts.indexOf('');
    if (empty !== -1)
      throw new PermanentError(
        `Text ${empty} of ${texts.length} is empty, and only a text can be embedded`,
      );
    const failed = new AbortController();
    const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    try {
      const vectors = await Promise.all(
        packByTokens(texts).map((pack) => this.#embedPack(texts, pack, stop)),
      );
      return vectors.flat();
    } catch (error) {
      // The answers of the others would be thrown away.
      failed.abort(error);
      throw error;
    }
  }

  async #embedPack(
    texts: readonly string[],
    { start, end, bytes }: Pack,
    signal: AbortSignal,
  ): Promise<Float32Array[]> {
    const paced = await this.#pacer.run(bytes, signal, () =>
      this.#send(texts.slice(start, end), signal),
    );
    const { requests, tokens, waitedMs } = paced;
    this.#options.onUsage?.({ requests, texts: end - start, tokens, waitedMs });
    return paced.value;
  }

  async #send(input: string[], signal: AbortSignal): Promise<Reply<Float32Array[]>> {
    try {
      return await this.#request(input, signal).catch((error: unknown) => {
        // Once more, at once: most often a kept-alive connection that the server closed just then.
        if (isPassing(error) && !signal.aborted) return this.#request(input, signal);
        throw error;
      });
    } catch (error) {
      signal.throwIfAborted();
      if (isRateLimit(error)) return { limited: true, cause: error, headers: error.headers };
      if (error instanceof RetryableError) throw error;
      if (isRefusal(error) && !this.#proven && (await this.#refusesAll(signal)))
        throw misconfigured(error, this.#options.model, this.#options.dimensions);
      throw translate(error, this.#options.model);
    }
  }

  async #request(input: string[], signal: AbortSignal): Promise<Reply<Float32Array[]>> {
    const { model, dimensions } = this.#options;
    const { data, response } = await this.#client.embeddings
      .create(
        {
          input,
          model,
          encoding_format: 'base64',
          ...(model.startsWith(choosesDimensions) ? { dimensions } : {}),
        },
        { signal },
      )
      .withResponse();
    const answer: EmbeddingResponse = data;
    const value = decodeVectors(answer, { count: input.length, dimensions, model });
    this.#proven = true;
    return {
      limited: false,
      value,
      tokens: answer.usage?.total_tokens ?? 0,
      headers: response.headers,
    };
  }

  /**
   * A 400 does not say in a way to rely on whether a text or a setting is at fault; a plain text that is
   * refused as well does. It decides between one dead letter and all of them.
   */
  async #refusesAll(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#request(['a'], signal);
      return false;
    } catch (error) {
      return isRefusal(error);
    }
  }
}
