import {
  DeadLetterBox,
  LettersByRow,
  find,
  matches,
  redrive,
  selected,
  viewOf,
  type LetterFilter,
} from '@aviary/dead-letters';
import { Queue, createQueueClient } from '@aviary/queue';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { Command, InvalidArgumentError } from 'commander';
import { deadLetterConfig, refreshConfig, specsConfig, sqsConfig } from '../config.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import { exitCode } from './exit-codes.ts';
import { LetterOutcome } from './letter-outcome.ts';
import { detailsOf, tableOf } from './letter-view.ts';

interface Printing {
  json?: true;
}

interface Selection extends LetterFilter, Printing {
  all?: true;
}

/** `aviary dead-letters`: changes that could not be brought into the index, and what to do about them. */
export function deadLettersCommand(context: CliContext): Command {
  const command = new Command('dead-letters')
    .description('see, redrive or discard changes that could not be brought into the index')
    .addHelpText('after', help);
  withFilters(command.command('list'))
    .description('list dead letters, one line for each row')
    .option('--limit <lines>', 'most lines', wholeNumber, 1_000)
    .action((options: LetterFilter & Printing & { limit: number }) => list(context, options));
  withJson(command.command('show'))
    .description('show all of one letter')
    .argument('<id>', 'id of a letter, or how it begins', letterId)
    .action((id: string, options: Printing) => show(context, id, options));
  withFilters(command.command('redrive'))
    .description('have their rows read anew and published again, then delete the letters')
    .argument('[ids...]', 'ids of letters, or how they begin', letterIds)
    .option('--all', 'all letters')
    .action(async (ids: string[], options: Selection, self: Command) => {
      demandSelection(ids, options, self);
      await redriveLetters(context, ids, options);
    });
  withFilters(command.command('discard'))
    .description('delete letters for good')
    .argument('[ids...]', 'ids of letters, or how they begin', letterIds)
    .option('--all', 'all letters')
    .option('--yes', 'do not ask')
    .action(async (ids: string[], options: Selection & { yes?: true }, self: Command) => {
      const what = demandSelection(ids, options, self);
      const agreed = options.yes ?? (await confirm(context, `Delete ${what} for good?`));
      if (agreed === undefined) self.error('nobody is here to confirm it: give --yes');
      if (agreed) await discard(context, ids, options);
      else {
        context.say('Nothing was deleted.');
        context.exitCode = exitCode.no;
      }
    });
  return command;
}

const help = `
Letters are received to be looked at, and given back in the end: meanwhile, or for a minute if the program is
killed, nobody else sees them. Of one row only the first letters may be seen until these are gone.

An id stands for its letter and the older ones of its row. A redrive never repeats what a letter was about: the
row is read as it is now.

Examples:
  aviary dead-letters list --stage render
  aviary dead-letters show 1c7e52ab
  aviary dead-letters redrive 1c7e52ab
  aviary dead-letters redrive --index products --reason "too long"
  aviary dead-letters discard --all --yes`;

async function list(
  context: CliContext,
  { limit, json, ...filter }: LetterFilter & Printing & { limit: number },
): Promise<void> {
  const rows = new LettersByRow();
  let seen = 0;
  const inQueue = await withBox(context, async ({ box, queue }) => {
    const { visible, inFlight } = await queue.depth(context.signal);
    for await (const page of box.letters()) {
      seen += page.length;
      for (const held of page) if (matches(held, filter)) rows.add(held);
      if (rows.size >= limit) break;
    }
    return visible + inFlight;
  });
  const views = rows.views().slice(0, limit);
  if (json) {
    context.printJson({ letters: views, seen, inQueue });
    return;
  }
  if (views.length > 0) context.print(tableOf(views, Date.now()));
  else context.say('No dead letters found.');
  if (seen >= inQueue) return;
  const others =
    rows.size >= limit
      ? '--limit shows more'
      : 'others come after one of their row, or somebody else looks at them';
  context.say(`${seen} of about ${inQueue} letters seen: ${others}.`);
}

async function show(context: CliContext, id: string, { json }: Printing): Promise<void> {
  const found = await withBox(context, ({ box }) => find(box, id));
  if ('reason' in found) {
    context.say(`${id}: ${found.reason}`);
    context.exitCode = exitCode.no;
    return;
  }
  const { rawBody } = found.letter;
  if (json) context.printJson({ ...viewOf(found), rawBody });
  else context.print(detailsOf(viewOf(found), rawBody, Date.now()));
}

async function redriveLetters(context: CliContext, ids: string[], options: Selection) {
  const outcome = new LetterOutcome('redriven');
  const config = context.config({
    ...deadLetterConfig,
    ...refreshConfig,
    ...specsConfig,
    ...sqsConfig,
  });
  const known = new Set(loadSemanticIndexes(config.SPECS).map(({ name }) => name));
  try {
    await withBox(context, async ({ box, client }) => {
      const refreshQueue = new Queue(client, config.REFRESH_QUEUE_URL);
      for await (const { letters, missing } of selected(box, ids, options)) {
        const asked = { box, refreshQueue, known, signal: context.signal };
        const { redriven, refused, kept } = await redrive(letters, asked);
        outcome.add(redriven, [...missing, ...refused], kept);
      }
    });
  } finally {
    outcome.report(context, options.json === true);
  }
}

async function discard(context: CliContext, ids: string[], options: Selection): Promise<void> {
  const outcome = new LetterOutcome('discarded');
  try {
    await withBox(context, async ({ box }) => {
      for await (const { letters, missing } of selected(box, ids, options)) {
        const kept = await box.remove(letters);
        outcome.add(
          letters.filter((held) => !kept.includes(held)),
          missing,
          kept,
        );
      }
    });
  } finally {
    outcome.report(context, options.json === true);
  }
}

async function withBox<T>(
  context: CliContext,
  use: (open: {
    box: DeadLetterBox;
    queue: Queue;
    client: ReturnType<typeof createQueueClient>;
  }) => Promise<T>,
): Promise<T> {
  const config = context.config({ ...deadLetterConfig, ...sqsConfig });
  const client = createQueueClient({
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL_SQS,
  });
  try {
    const queue = new Queue(client, config.DEAD_LETTER_QUEUE_URL);
    await using box = new DeadLetterBox(queue, context.signal);
    return await use({ box, queue, client });
  } finally {
    client.destroy();
  }
}

/** @returns what is meant, in words. */
function demandSelection(ids: string[], options: Selection, command: Command): string {
  const filters = (['index', 'stage', 'reason'] as const).filter((name) => options[name]);
  const isByFilter = options.all === true || filters.length > 0;
  if (ids.length === 0 && !isByFilter) command.error('name letters by id, by a filter, or --all');
  if (ids.length > 0 && isByFilter) command.error('name letters either by id or by a filter');
  if (ids.length > 0) return `${ids.length} letter(s), and older ones of the same rows,`;
  if (filters.length === 0) return 'all dead letters';
  return `letters of ${filters.map((name) => `${name} "${options[name] ?? ''}"`).join(', ')}`;
}

function withFilters(command: Command): Command {
  return withJson(command)
    .option('--index <name>', 'only letters of this SemanticIndex')
    .option('--stage <name>', 'only letters from this stage')
    .option('--reason <text>', 'only letters whose reason contains this');
}

function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON document');
}

function letterId(text: string): string {
  if (text.length >= 4) return text;
  throw new InvalidArgumentError('Give at least four characters.');
}

function letterIds(text: string, others: string[] = []): string[] {
  return [...others, letterId(text)];
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
