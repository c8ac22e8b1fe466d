import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { productAt } from '@aviary/local/products';

/**
 * A process that searches, and does nothing else: at a fixed rate whatever becomes of the answers (open loop), or with
 * so many askers who each wait for their answer (closed loop). Prints "ready", and at the end a {@link SearchLoad}.
 */

export interface SearchLoad {
  /** Milliseconds from the first question to the last answer. */
  ms: number;
  answers: SearchAnswer[];
}

export interface SearchAnswer {
  /** From the moment the question was due, so that waiting for the questions before it counts. */
  ms: number;
  /** 0 when there was no answer. */
  status: number;
  /** Of it, what the embedder and the index took; 0 where it is no success. */
  elsewhereMs: number;
  /** Keywords stood in. */
  isDegraded: boolean;
}

/** Of the queries, which come at random: ten times what the server remembers. */
const differentQueries = 10_000;

const agent = new Agent({ keepAlive: true, maxSockets: Infinity, scheduling: 'fifo' });

interface Page {
  degraded?: unknown;
  tookMs?: { embed: number; index: number };
}

function ask(url: string, dueAt: number): Promise<SearchAnswer> {
  const { name } = productAt(Math.floor(Math.random() * differentQueries), 1);
  const path = `${url}/api/search?q=${encodeURIComponent(name)}`;
  return new Promise((resolve) => {
    const answered = (status: number, { degraded, tookMs }: Page) => {
      resolve({
        ms: performance.now() - dueAt,
        status,
        elsewhereMs: tookMs === undefined ? 0 : tookMs.embed + tookMs.index,
        isDegraded: degraded != null,
      });
    };
    get(path, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const text = Buffer.concat(chunks).toString();
        answered(status, status === 200 ? (JSON.parse(text) as Page) : {});
      });
    }).on('error', () => answered(0, {}));
  });
}

async function openLoop(url: string, perSecond: number, seconds: number): Promise<SearchAnswer[]> {
  const answers: Promise<SearchAnswer>[] = [];
  const startedAt = performance.now();
  for (let nth = 0; nth < perSecond * seconds; nth += 1) {
    const dueAt = startedAt + (nth * 1_000) / perSecond;
    const early = dueAt - performance.now();
    // Timers are exact to a millisecond: several that are due by then go at once.
    if (early > 1) await delay(early);
    answers.push(ask(url, dueAt));
  }
  return Promise.all(answers);
}

async function closedLoop(url: string, askers: number, seconds: number): Promise<SearchAnswer[]> {
  const end = performance.now() + seconds * 1_000;
  const answers = await Promise.all(
    Array.from({ length: askers }, async () => {
      const own: SearchAnswer[] = [];
      while (performance.now() < end) own.push(await ask(url, performance.now()));
      return own;
    }),
  );
  return answers.flat();
}

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    rate: { type: 'string' },
    askers: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const { url = '', rate, askers, seconds = '1' } = values;
console.log('ready');
const startedAt = performance.now();
const answers =
  rate === undefined
    ? await closedLoop(url, Number(askers), Number(seconds))
    : await openLoop(url, Number(rate), Number(seconds));
console.log(JSON.stringify({ ms: performance.now() - startedAt, answers } satisfies SearchLoad));
agent.destroy();
