import { productAt } from '@aviary/local/products';
import { createQueueClient, Queue } from '@aviary/queue';
import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import type { Charges } from './limited-embedder.ts';
import { defineMeasurement } from './measurement.ts';
import { drawCurve } from './rate-limit-curve.ts';
import { System, usualStubs } from './system.ts';
import type { Workbench } from './workbench.ts';

/** What the embedder tells of its limits, by the numbers of --told. */
const told = ['all', 'nothing', 'too little'] as const;
const described = {
  all: 'x-ratelimit-* headers and Retry-After',
  nothing: '429 without headers',
  'too little': 'Retry-After of a tenth',
};

interface Run {
  emus: number;
  told: (typeof told)[number];
  tokensPerMinute: number;
  /** Of budget, beyond the full bucket. */
  seconds: number;
}

interface Outcome {
  charges: Charges;
  rows: number;
  received: number;
  deadLetters: number;
}

/** A backlog in the queue that takes the full bucket and so many seconds of its refill, and emus that work it off. */
async function work(workbench: Workbench, run: Run): Promise<Outcome> {
  return System.with(workbench, usualStubs, async (system) => {
    const rows = Math.ceil((run.tokensPerMinute * (1 + run.seconds / 60)) / tokensPerRow());
    const embedder = system.processes.start({
      name: 'limited-embedder',
      script: 'bench/src/limited-embedder.ts',
      environment: { TOKENS_PER_MINUTE: String(run.tokensPerMinute), TOLD: run.told },
    });
    const [embedderUrl = '', chargesUrl = ''] = (await embedder.line()).split(' ');
    const load = system.processes.start({
      name: 'send',
      script: 'bench/src/queue-load.ts',
      arguments: ['send', '--messages', String(rows)],
      environment: system.environment,
    });
    await load.line();
    await load.line();
    const emus = await Promise.all(
      Array.from({ length: run.emus }, (_, position) =>
        system.startEmu(position + 1, { OPENAI_BASE_URL: embedderUrl }),
      ),
    );
    await system.untilIndexed(rows);
    const statuses = await Promise.all(emus.map((emu) => emu.status()));
    const client = createQueueClient({
      region: 'us-east-1',
      endpoint: system.environment.AWS_ENDPOINT_URL_SQS,
    });
    const deadLetters = new Queue(client, system.environment.DEAD_LETTER_QUEUE_URL ?? '');
    const { visible } = await deadLetters.depth();
    client.destroy();
    return {
      charges: (await (await fetch(chargesUrl)).json()) as Charges,
      rows,
      received: statuses.reduce((sum, status) => sum + Number(status.receivedTotal), 0),
      deadLetters: visible,
    };
  });
}

/** As the embedder charges: a token for each four bytes of a text. */
function tokensPerRow(): number {
  const sample = Array.from({ length: 1_000 }, (_, number) => productAt(number * 7, 1));
  const bytes = sample.reduce((sum, row) => sum + `${row.name}\n${row.description}`.length, 0);
  return bytes / 4 / sample.length;
}

/**
 * Of what there was to spend: the bucket, full at the first request, and what flowed in until the last one
 * that was granted. The whole run, its tail included, in which some emus have run out of rows.
 */
function shareOfBudget({ requests }: Charges, tokensPerMinute: number): number {
  const granted = requests.filter(([, , isGranted]) => isGranted);
  const spent = sumOf(granted);
  const lastMs = granted.at(-1)?.[0] ?? 0;
  return spent / (tokensPerMinute * (1 + lastMs / 60_000));
}

/** Of what flowed in during the last minute before the last request, the bucket long empty. */
function shareOfRefill({ requests }: Charges, tokensPerMinute: number): number {
  const granted = requests.filter(([, , isGranted]) => isGranted);
  const lastMs = granted.at(-1)?.[0] ?? 0;
  return sumOf(granted.filter(([atMs]) => atMs > lastMs - 60_000)) / tokensPerMinute;
}

const sumOf = (requests: Charges['requests']) =>
  requests.reduce((sum, [, tokens]) => sum + tokens, 0);

export const rateLimit = defineMeasurement({
  name: 'rate-limit',
  summary: "How much of an account's token limit emus use together.",
  options: {
    emus: { default: [3], quick: [2], help: 'emus at once' },
    told: {
      default: [1],
      quick: [1],
      help: '1: all headers; 2: a bare 429; 3: a short Retry-After',
    },
    limit: { default: 600_000, quick: 240_000, help: 'tokens a minute' },
    seconds: { default: 75, quick: 8, help: 'of budget in the backlog, beyond the full bucket' },
    runs: { default: 1, quick: 1, help: 'runs of each' },
  },
  async measure(workbench, settings) {
    const figures = new Figures();
    const { limit: tokensPerMinute, seconds } = settings;
    for (let number = 1; number <= settings.runs; number += 1) {
      for (const which of settings.told) {
        for (const emus of settings.emus) {
          const run: Run = { emus, told: told[which - 1] ?? 'all', tokensPerMinute, seconds };
          const title = `${emus} emu${emus > 1 ? 's' : ''}, ${described[run.told]}`;
          workbench.say(`rate-limit: ${title}, run ${number} of ${settings.runs}`);
          const { charges, rows, received, deadLetters } = await work(workbench, run);
          const add = (what: string, unit: string, value: number) =>
            figures.add(`${title}: ${what}`, unit, value);
          const refused = charges.requests.filter(([, , granted]) => !granted).length;
          add('budget used', '%', 100 * shareOfBudget(charges, tokensPerMinute));
          if (seconds >= 60)
            add("last minute's refill used", '%', 100 * shareOfRefill(charges, tokensPerMinute));
          add('requests', '', charges.requests.length);
          add('answered with 429', '', refused);
          add('texts', '', charges.texts);
          add('texts embedded twice', '', charges.repeated);
          add('messages delivered', 'per row', received / rows);
          add('dead letters', '', deadLetters);
          if (run.told === 'all' && emus === 3 && seconds >= 60)
            drawCurve(charges, tokensPerMinute);
        }
      }
    }
    return figures.list;
  },
});

if (import.meta.main) await runAlone(rateLimit);
