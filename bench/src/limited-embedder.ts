import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startEmbeddings, type RateLimit } from '@aviary/local/embeddings';

/**
 * The stub embedder under an account's limits, as a process that also tells, on a port of its own, what it
 * charged. Prints the address of the embedder and that of what it charged.
 */

export interface Charges {
  /** Every request, oldest first: milliseconds since the first, tokens, and whether they were granted. */
  requests: [atMs: number, tokens: number, granted: boolean][];
  /** Different texts that were granted. */
  texts: number;
  /** Texts that were granted again. */
  repeated: number;
}

const { TOKENS_PER_MINUTE, TOLD = 'all' } = process.env;

const seen = new Set<string>();
let startedAt: number | undefined;
const charges: Charges = { requests: [], texts: 0, repeated: 0 };

const embeddings = await startEmbeddings({
  model: { stub: { baseMs: 30, perTextMs: 0.2, dimensions: 384 } },
  rateLimit: {
    requestsPerMinute: 1e6,
    tokensPerMinute: Number(TOKENS_PER_MINUTE),
    told: TOLD as NonNullable<RateLimit['told']>,
  },
  onCharge: ({ texts, tokens, granted }) => {
    startedAt ??= performance.now();
    charges.requests.push([Math.round(performance.now() - startedAt), tokens, granted]);
    if (!granted) return;
    for (const text of texts) {
      if (seen.has(text)) charges.repeated += 1;
      seen.add(text);
    }
    charges.texts = seen.size;
  },
});

const teller = createServer((_request, response) => response.end(JSON.stringify(charges)));
teller.listen(0, '127.0.0.1', () => {
  console.log(`${embeddings.url} http://127.0.0.1:${(teller.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit(0));
