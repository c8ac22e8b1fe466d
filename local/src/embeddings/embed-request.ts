import { invalidRequest } from './api-error.ts';
import { parseObject } from './request-body.ts';

const maxInputs = 2_048;
const maxInputTokens = 8_192;
const maxRequestTokens = 300_000;

export interface EmbedRequest {
  texts: string[];
  model: string;
  format: 'float' | 'base64';
  /** UTF-8 bytes of all texts: an upper bound of their tokens. */
  bytes: number;
}

/**
 * Reads the body of POST /v1/embeddings and holds it to OpenAI's limits.
 * @throws ApiError 400 that names the parameter.
 */
export async function readEmbedRequest(body: string, dimensions: number): Promise<EmbedRequest> {
  const fields = parseObject(body);
  const { model, encoding_format: format = 'float' } = fields;
  if (typeof model !== 'string' || model === '')
    throw invalidRequest('you must provide a model parameter', 'model');
  if (format !== 'float' && format !== 'base64')
    throw invalidRequest("'encoding_format' must be 'float' or 'base64'", 'encoding_format');
  if (fields.dimensions !== undefined && fields.dimensions !== dimensions)
    throw invalidRequest(
      `Invalid value for 'dimensions' = ${JSON.stringify(fields.dimensions)}: this server's model has ${dimensions}.`,
      'dimensions',
    );
  const texts = readTexts(fields.input);
  return { texts, model, format, bytes: await enforceTokenLimits(texts) };
}

function readTexts(input: unknown): string[] {
  const texts: unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0) throw invalidRequest("'input' cannot be an empty array.", 'input');
  if (texts.length > maxInputs)
    throw invalidRequest(
      `Invalid 'input': array too long. Expected at most ${maxInputs} items, but got ${texts.length}.`,
      'input',
      'array_above_max_length',
    );
  for (const [index, text] of texts.entries()) {
    if (typeof text === 'number' || Array.isArray(text))
      throw invalidRequest(
        "'input' as token arrays is not served here: send strings instead.",
        'input',
      );
    if (typeof text !== 'string')
      throw invalidRequest(`'input[${index}]' must be a string.`, 'input');
    if (text === '') throw invalidRequest(`'input[${index}]' cannot be an empty string.`, 'input');
  }
  return texts as string[];
}

/** A BPE token is at least one byte: texts are tokenised only where their bytes exceed the limit. */
async function enforceTokenLimits(texts: string[]): Promise<number> {
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  for (const [index, text] of texts.entries()) {
    if ((sizes[index] ?? 0) < maxInputTokens) continue;
    const tokens = await countTokens(text);
    if (tokens > maxInputTokens)
      throw invalidRequest(
        `This model's maximum context length is ${maxInputTokens} tokens, however you requested ${tokens} tokens (input[${index}]). Please reduce your prompt.`,
      );
  }
  if (bytes > maxRequestTokens) {
    let tokens = 0;
    for (const text of texts) tokens += await countTokens(text);
    if (tokens > maxRequestTokens)
      throw invalidRequest(
        `Requested ${tokens} tokens, max ${maxRequestTokens} tokens per request`,
        undefined,
        'max_tokens_per_request',
      );
  }
  return bytes;
}

/**
 * The tokenizer is loaded on first use: its ranks take 100 ms and 50 MB that most runs never need. It is
 * quadratic in the length of a word (200,000 letters: 24 s), so words are broken at a thousand letters,
 * which counts one token more for each.
 */
async function countTokens(text: string): Promise<number> {
  const { encode } = await import('gpt-tokenizer/encoding/cl100k_base');
  return encode(text.replace(/\p{L}{1000}/gu, '$&\n'), { disallowedSpecial: new Set() }).length;
}
