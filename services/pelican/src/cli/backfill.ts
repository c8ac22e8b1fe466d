import type { Pool } from '@aviary/postgres';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { Command, InvalidArgumentError } from 'commander';
import {
  cancelBackfills,
  readBackfills,
  requestBackfills,
  type BackfillState,
} from '../backfill/backfill-requests.ts';
import { databaseConfig, databaseOf, specsConfig } from '../config.ts';
import { openPool } from '../tables/open-pool.ts';
import { group } from './backfill-progress.ts';
import { columns } from './columns.ts';
import type { CliContext } from './context.ts';
import { exitCode } from './exit-codes.ts';
import { followBackfills } from './follow-backfills.ts';

interface BackfillOptions {
  rate?: number;
  restart?: boolean;
  detach?: true;
  status?: true;
  cancel?: true;
  json?: true;
}

const description = [
  'Send every row of a table to its index again, and take out records whose rows are gone.',
  '',
  'A running pelican does it, while live changes pass, and resumes it after a crash. What did not change costs no embedding. This command asks for it and shows how it goes on; where one is running already, it follows that one.',
].join('\n');

const examples = `
Examples:
  aviary backfill                        of every spec, until it is done
  aviary backfill products --rate 500    at most 500 rows a second, over all pelicans; also while it runs
  aviary backfill products --detach      ask for it and leave
  aviary backfill --status               how far all are
  aviary backfill products --cancel      end it where it is
Exit codes: 0 done, 1 nothing was there to cancel, 2 wrong usage, 3 not finished: cancelled, or still running.`;

export function backfillCommand(context: CliContext): Command {
  return new Command('backfill')
    .summary('send every row of a table to its index again')
    .description(description)
    .argument('[names...]', 'of SemanticIndex specs; all when absent')
    .option(
      '--rate <rows>',
      'most rows a second; as fast as the queue takes them when absent',
      rate,
    )
    .option('--restart', 'begin again from the first row where one is running')
    .option('--detach', 'do not wait for the end')
    .option('--status', 'only show how far they are')
    .option('--cancel', 'end what is running')
    .option('--json', 'print the state at the end as JSON')
    .addHelpText('after', examples)
    .action((names: string[], options: BackfillOptions, command: Command) =>
      backfill(context, names, options, command),
    );
}

function rate(text: string): number {
  const rows = Number(text);
  if (Number.isInteger(rows) && rows >= 1 && rows <= 1_000_000) return rows;
  throw new InvalidArgumentError('It is a whole number from 1 to 1000000.');
}

async function backfill(
  context: CliContext,
  given: string[],
  options: BackfillOptions,
  command: Command,
): Promise<void> {
  assertOneWish(options, command);
  const config = context.config({ ...databaseConfig, ...specsConfig });
  const known = loadSemanticIndexes(config.SPECS).map(({ name }) => name);
  const unknown = given.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    command.error(
      `error: there is no SemanticIndex ${unknown.join(', ')} in SPECS: it is one of ${known.join(', ')}`,
    );
  }
  const names = given.length > 0 ? [...new Set(given)] : known;
  const pool = openPool({
    ...databaseOf(config),
    max: 1,
  });
  try {
    const states = await perform(context, pool, names, options);
    if (options.json === true) context.printJson(states.map(publicState));
    else context.print(table(states));
  } finally {
    await pool.end();
  }
}

function assertOneWish(options: BackfillOptions, command: Command): void {
  const { status, cancel, ...request } = options;
  const asks = ['rate', 'restart', 'detach'].filter((name) => name in request);
  const wishes = [...(status ? ['status'] : []), ...(cancel ? ['cancel'] : []), ...asks];
  if ((status ?? cancel) === true && wishes.length > 1)
    command.error(`error: --${wishes.join(' and --')} do not go together`);
}

/** @returns the state to print. */
async function perform(
  context: CliContext,
  pool: Pool,
  names: readonly string[],
  { rate: rowsPerSecond, restart = false, detach, status, cancel }: BackfillOptions,
): Promise<BackfillState[]> {
  if (status === true) return readBackfills(pool, names);
  if (cancel === true) {
    const cancelled = await cancelBackfills(pool, names);
    if (cancelled.length === 0) {
      context.say(`No backfill of ${names.join(', ')} is running.`);
      context.exitCode = exitCode.no;
    }
    return readBackfills(pool, names);
  }
  const running = await requestBackfills(pool, names, { rowsPerSecond, restart });
  for (const name of running) {
    const now = rowsPerSecond === undefined ? '' : `, now at most ${group(rowsPerSecond)} rows/s`;
    context.say(`A backfill of ${name} is running already${now}; --restart begins anew.`);
  }
  if (detach === true) return readBackfills(pool, names);
  return followBackfills(context, pool, names);
}

function table(states: readonly BackfillState[]): string {
  return columns(
    ['NAME', 'STATE', 'ROWS', 'OF', 'MOST ROWS/S', 'REQUESTED', 'FINISHED'],
    states.map((state) => [
      state.index,
      state.phase,
      group(state.processed),
      group(state.total),
      state.rowsPerSecond === null ? '' : group(state.rowsPerSecond),
      time(state.requestedAt),
      time(state.finishedAt),
    ]),
  );
}

const time = (at: Date | null): string => at?.toISOString().replace(/\.\d+Z$/, 'Z') ?? '';

function publicState({ signOfLife: _, ...state }: BackfillState): object {
  return state;
}
