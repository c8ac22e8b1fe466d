import { transaction, type Pool } from '@aviary/postgres';
import { Queue, createQueueClient } from '@aviary/queue';
import { PermanentError, RetryableError } from '@aviary/runtime';
import { loadSemanticIndexes, type SemanticIndex } from '@aviary/semantic-index';
import { VectorIndex } from '@aviary/vector-index';
import { Command, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import type { AuditFindings } from '../audit/audit-findings.ts';
import { audit, type AuditOptions } from '../audit/audit.ts';
import type { CapturedTable } from '../capture/capture.ts';
import {
  databaseConfig,
  databaseOf,
  pineconeConfig,
  queueConfig,
  refreshConfig,
  specsConfig,
  sqsConfig,
} from '../config.ts';
import { countRows } from '../tables/count-rows.ts';
import { lookUpInstallation } from '../capture/installation.ts';
import { openPool } from '../tables/open-pool.ts';
import { inspectSources } from '../tables/source-table.ts';
import { AuditBar } from './audit-progress.ts';
import { auditReport, verdictOf } from './audit-report.ts';
import type { CliContext } from './context.ts';
import { exitCode, type ExitCode } from './exit-codes.ts';

const needed = {
  ...databaseConfig,
  ...specsConfig,
  ...queueConfig,
  ...refreshConfig,
  ...sqsConfig,
  ...pineconeConfig,
};

/** The environment variables, before they are read. */
export type AuditVariables = z.input<z.ZodObject<typeof needed>>;

interface Wishes {
  repair?: true;
  json?: true;
  wait: number;
  limitExamples: number;
}

/** What all audits of one call share. */
type Surroundings = Pick<
  AuditOptions,
  'pool' | 'queue' | 'refreshQueue' | 'repair' | 'waitMs' | 'examples' | 'signal'
> & { vectorsOf: (index: SemanticIndex) => VectorIndex };

const summary = `Compare tables with their indexes, both ways, while changes flow.

missing    a row has no record
stale      a record says something else than its row
orphaned   a record's row is gone, or has no text
undecided  a difference that may be a change on its way: it is waited for, --wait seconds long`;

const examples = `
Examples:
  aviary audit                          every spec
  aviary audit products --repair        and send what differs again
  aviary audit --json | jq '.indexes[] | {index, verdict}'
Exit codes: 0 in step, or all mended; 1 there are differences; 2 wrong usage or configuration; 3 undecided.`;

/** `aviary audit`: whether the index can be believed. */
export function auditCommand(context: CliContext): Command {
  return new Command('audit')
    .summary('compare tables with their indexes, and repair what differs')
    .description(summary)
    .argument('[names...]', 'of SemanticIndex specs; all when absent')
    .option('--repair', 'send the rows of differences again, and wait until they are mended')
    .option('--wait <seconds>', 'for changes on their way, and again for repairs', wholeNumber, 120)
    .option('--limit-examples <n>', 'most examples to show of each kind', wholeNumber, 10)
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples)
    .action((names: string[], wishes: Wishes, command: Command) =>
      auditAll(context, names, wishes, command),
    );
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 1_000_000) return number;
  throw new InvalidArgumentError('It is a whole number from 0 to 1000000.');
}

async function auditAll(
  context: CliContext,
  names: readonly string[],
  wishes: Wishes,
  command: Command,
): Promise<void> {
  const config = context.config(needed);
  const indexes = loadSemanticIndexes(config.SPECS);
  const known = indexes.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    command.error(
      `error: there is no SemanticIndex ${unknown.join(', ')} in SPECS: it is one of ${known.join(', ')}`,
    );
  }
  const chosen = indexes.filter(({ name }) => names.length === 0 || names.includes(name));
  const pool = openPool({
    ...databaseOf(config),
    max: 6,
  });
  const sqs = createQueueClient({
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL_SQS,
  });
  const repair = wishes.repair === true;
  try {
    const audited = await auditEach(context, await installed(context, pool, chosen), {
      pool,
      vectorsOf: ({ target: { index, namespace } }) =>
        new VectorIndex({
          apiKey: config.PINECONE_API_KEY,
          controllerHostUrl: config.PINECONE_CONTROLLER_URL,
          index,
          namespace,
        }),
      queue: new Queue(sqs, config.QUEUE_URL),
      refreshQueue: new Queue(sqs, config.REFRESH_QUEUE_URL),
      repair,
      waitMs: wishes.wait * 1_000,
      examples: wishes.limitExamples,
      signal: context.signal,
    });
    if (wishes.json === true) {
      context.printJson({
        indexes: audited.map((found) => ({ verdict: verdictOf(found), ...found })),
      });
    } else if (audited.length > 0) {
      context.print(auditReport(audited, { repair, waitSeconds: wishes.wait }));
    }
  } finally {
    await pool.end();
    sqs.destroy();
  }
}

/** @throws PermanentError that lists what keeps a table from being compared at all. */
async function installed(
  context: CliContext,
  pool: Pool,
  indexes: readonly SemanticIndex[],
): Promise<CapturedTable[]> {
  const tables = await inspectSources(pool, indexes);
  const { captured, missing } = await lookUpInstallation(pool, tables);
  if (captured.length < tables.length) {
    throw new PermanentError(
      `This database is not prepared for these specs: ${missing.join('; ')}. Start a pelican with them, or run: aviary install`,
    );
  }
  for (const lack of missing) context.say(`${lack}. Restart pelican, or run: aviary install`);
  return captured;
}

async function auditEach(
  context: CliContext,
  tables: readonly CapturedTable[],
  { vectorsOf, ...options }: Surroundings,
): Promise<AuditFindings[]> {
  const audited: AuditFindings[] = [];
  const outcomes = new Set<ExitCode>();
  for (const table of tables) {
    const { name } = table.index;
    const total = context.stderr.isTTY === true ? await rowsOf(options.pool, table) : 0;
    const bar = new AuditBar(context.stderr, name, total);
    const told = new Set<string>();
    try {
      const vectors = vectorsOf(table.index);
      const onRetry = ({ message }: RetryableError) => {
        if (!told.has(message)) context.say(`${name}: ${message}. Trying again.`);
        told.add(message);
      };
      const onProgress: AuditOptions['onProgress'] = (progress) => bar.update(progress);
      const found = await audit({ ...options, table, vectors, onRetry, onProgress });
      audited.push(found);
      outcomes.add(codeOf[verdictOf(found)]);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof RetryableError)) throw error;
      context.say(`${name}: ${error.message}. Its audit was given up.`);
      outcomes.add(exitCode.failure);
    } finally {
      bar.stop();
    }
  }
  context.exitCode = worstFirst.find((code) => outcomes.has(code)) ?? exitCode.fine;
  return audited;
}

const rowsOf = (pool: Pool, table: CapturedTable) =>
  transaction(pool, 'counting rows', (client) => countRows(client, table));

const codeOf = {
  'in step': exitCode.fine,
  mended: exitCode.fine,
  different: exitCode.no,
  undecided: exitCode.unfinished,
} as const;

const worstFirst = [exitCode.failure, exitCode.no, exitCode.unfinished] as const;
