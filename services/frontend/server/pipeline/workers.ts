import { withoutSecrets } from '@aviary/runtime';
import { z } from 'zod';
import type { Status, WorkerCount } from '../../shared/pipeline.ts';
import { within } from '../within.ts';
import { mergeLags, type LagCounts } from './merge-lags.ts';
import { addressesOf } from './worker-addresses.ts';

/** What is read of a worker's /status; it may say more. */
const workerSchema = z.discriminatedUnion('service', [
  z.object({
    service: z.literal('pelican'),
    rates: z
      .object({ rowsClaimedPerSecond: z.number(), jobsPublishedPerSecond: z.number() })
      .optional(),
  }),
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
    lagSeconds: z.object({ counts: z.array(z.tuple([z.number(), z.int()])) }).optional(),
    /** The account's limit by model; null while the embedder has not said. */
    tokensPerMinute: z.record(z.string(), z.number().nullable()).optional(),
  }),
]);
type Worker = z.infer<typeof workerSchema>;
type Service = Worker['service'];

export interface Flock {
  emus: WorkerCount;
  pelicans: WorkerCount;
  /** Of all emus together; null while none answers. */
  rates: Status['rates'];
  /** Of all pelicans together; null while none answers. */
  relayRates: Status['relayRates'];
  lag: Status['lag'];
  tokensPerMinute: number | null;
  /** Address and reason of each that gives no answer. */
  away: string[];
}

/** Most workers asked at once; a flock beyond it is counted by its addresses alone. */
const mostAsked = 256;
/** A worker answers within milliseconds; one whose processor is taken, later. */
const patienceMs = 2_000;

interface Asked {
  /** The configured address it stands for. */
  entry: string;
  url: URL;
}

/** The pelicans and emus behind the configured admin addresses. */
export class Workers {
  readonly #entries: readonly string[];
  /** What last answered at an entry: what else is there is taken for the same. */
  readonly #services = new Map<string, Service>();

  /** @param entries http:// addresses; a host name stands for all addresses that DNS knows for it */
  constructor(entries: readonly string[]) {
    this.#entries = entries;
  }

  /** Asks every worker at once. Those that do not answer in time are away. */
  async ask(): Promise<Flock> {
    const away: string[] = [];
    const found = await Promise.all(
      this.#entries.map(async (entry) => {
        try {
          return (await addressesOf(new URL(entry))).map((url): Asked => ({ entry, url }));
        } catch (error) {
          away.push(withoutSecrets(`${entry} (${because(error)})`));
          return [];
        }
      }),
    );
    const known = found.flat();
    const asked = known.slice(0, mostAsked);
    const answers = await Promise.allSettled(asked.map(({ url }) => askWorker(url)));
    const workers = answers.flatMap((answer, position) => {
      const { entry = '', url } = asked[position] ?? {};
      if (answer.status === 'rejected') {
        away.push(withoutSecrets(`${url?.href ?? ''} (${because(answer.reason)})`));
        return [];
      }
      this.#services.set(entry, answer.value.service);
      return [answer.value];
    });
    if (known.length > asked.length) {
      away.push(`${known.length - asked.length} more, which are too many to ask`);
    }
    const emus = workers.filter((worker) => worker.service === 'emu');
    const pelicans = workers.filter((worker) => worker.service === 'pelican');
    const count = (service: Service, answering: number) => ({
      answering,
      known: known.filter(({ entry }) => this.#services.get(entry) === service).length,
    });
    return {
      emus: count('emu', emus.length),
      pelicans: count('pelican', pelicans.length),
      rates: sumOf(emus.flatMap(({ rates }) => rates ?? [])),
      relayRates: sumOf(pelicans.flatMap(({ rates }) => rates ?? [])),
      lag: mergeLags(emus.map(({ lagSeconds }): LagCounts => lagSeconds?.counts ?? [])),
      tokensPerMinute: limitOf(emus.map(({ tokensPerMinute }) => tokensPerMinute ?? {})),
      away,
    };
  }
}

async function askWorker(url: URL): Promise<Worker> {
  return within(patienceMs, async (signal) => {
    const response = await fetch(url, { signal });
    return workerSchema.parse(await response.json());
  });
}

function sumOf<R extends Record<string, number>>(rates: readonly R[]): R | null {
  const [first] = rates;
  if (first === undefined) return null;
  const sums = Object.keys(first).map((name) => [
    name,
    rates.reduce((sum, rate) => sum + (rate[name] ?? 0), 0),
  ]);
  return Object.fromEntries(sums) as R;
}

/** Of all models together: each limit is its account's, so every emu says the same. Null unless all are known. */
function limitOf(limits: readonly Record<string, number | null>[]): number | null {
  const byModel = new Map<string, number | null>();
  for (const [model, limit] of limits.flatMap((each) => Object.entries(each))) {
    byModel.set(model, limit ?? byModel.get(model) ?? null);
  }
  const all = [...byModel.values()];
  if (all.length === 0 || all.includes(null)) return null;
  return all.reduce<number>((sum, limit) => sum + (limit ?? 0), 0);
}

/** fetch hides what happened in the cause. */
function because(reason: unknown): string {
  if (reason instanceof z.ZodError) return 'it does not answer as a pelican or an emu';
  if (!(reason instanceof Error)) return String(reason);
  if (reason.name === 'TimeoutError') return `no answer within ${patienceMs} ms`;
  return reason.cause instanceof Error ? reason.cause.message : reason.message;
}
