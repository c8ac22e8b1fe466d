import { withoutSecrets } from '@aviary/runtime';
import { z } from 'zod';

/** What is read of a worker's /status; it may say more. */
const workerSchema = z.discriminatedUnion('service', [
  z.object({ service: z.literal('pelican') }),
  z.object({
    service: z.literal('emu'),
    rates: z
      .object({
        rowsPerSecond: z.number(),
        embeddingsPerSecond: z.number(),
        tokensPerSecond: z.number(),
      })
      .optional(),
    /** From commit to index, over the last minute or so. */
    lagSeconds: z.object({ p50: z.number().nullable() }).optional(),
  }),
]);

export interface Flock {
  emus: number;
  pelicans: number;
  /** Of all emus together; null while none answers. */
  rates: { rowsPerSecond: number; embeddingsPerSecond: number; tokensPerSecond: number } | null;
  /** The slowest emu's median. */
  lagSeconds: number | null;
  /** Address and reason of each that gives no answer. */
  away: string[];
}

/** Asks every worker at once. Those that do not answer are counted as away. */
export async function askWorkers(urls: readonly string[], signal: AbortSignal): Promise<Flock> {
  const answers = await Promise.allSettled(
    urls.map(async (url) => {
      const response = await fetch(new URL('/status', url), { signal });
      return workerSchema.parse(await response.json());
    }),
  );
  const workers = answers.flatMap((answer) =>
    answer.status === 'fulfilled' ? [answer.value] : [],
  );
  const emus = workers.filter((worker) => worker.service === 'emu');
  const rates = emus.flatMap((emu) => emu.rates ?? []);
  const sum = (of: (rate: (typeof rates)[number]) => number) =>
    rates.reduce((total, rate) => total + of(rate), 0);
  const lags = emus.flatMap((emu) => emu.lagSeconds?.p50 ?? []);
  return {
    emus: emus.length,
    pelicans: workers.length - emus.length,
    rates:
      rates.length === 0
        ? null
        : {
            rowsPerSecond: sum((rate) => rate.rowsPerSecond),
            embeddingsPerSecond: sum((rate) => rate.embeddingsPerSecond),
            tokensPerSecond: sum((rate) => rate.tokensPerSecond),
          },
    lagSeconds: lags.length === 0 ? null : Math.max(...lags),
    away: answers.flatMap((answer, position) =>
      answer.status === 'rejected'
        ? [withoutSecrets(`${urls[position] ?? ''} (${because(answer.reason)})`)]
        : [],
    ),
  };
}

/** fetch hides what happened in the cause. */
function because(reason: unknown): string {
  if (reason instanceof z.ZodError) return 'it does not answer as a pelican or an emu';
  if (!(reason instanceof Error)) return String(reason);
  return reason.cause instanceof Error ? reason.cause.message : reason.message;
}
