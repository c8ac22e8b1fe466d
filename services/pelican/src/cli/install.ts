import { retry } from '@aviary/runtime';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { Command } from 'commander';
import type { z } from 'zod';
import { databaseConfig, databaseOf, specsConfig } from '../config.ts';
import type { InstallEvent } from '../capture/capture.ts';
import { install, type Installed, type Persist } from '../capture/installation.ts';
import { installKeywordIndex, type KeywordEvent } from '../capture/keyword-index.ts';
import { openPool } from '../tables/open-pool.ts';
import { inspectSources } from '../tables/source-table.ts';
import { columns } from './columns.ts';
import type { CliContext } from './context.ts';

const needed = { ...databaseConfig, ...specsConfig };

/** The environment variables, before they are read. */
export type InstallVariables = z.input<z.ZodObject<typeof needed>>;

const deeds: Record<InstallEvent | KeywordEvent, string> = {
  capture_installed: 'triggers made',
  backfill_requested: 'backfill requested',
  rights_granted: 'its roles may read it',
  keyword_index_built: 'keyword index built',
  keyword_index_dropped: 'former keyword index dropped',
};

/** What was done for each SemanticIndex, by name. */
type Deeds = (Omit<Installed['sources'][number], 'did'> & {
  did: (InstallEvent | KeywordEvent)[];
})[];

/** Prepares a database as its owner, so that pelican needs no more than the role aviary_pelican. */
export function installCommand(context: CliContext): Command {
  return new Command('install')
    .description(
      'prepare a database: schema aviary, triggers, backfills that are due, keyword indexes, roles',
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Run it as the owner of the tables, before pelican first starts, and after each upgrade and each change of a spec.
Pelican does the same by itself where its user owns the tables. Again is harmless.

Environment: DATABASE_URL, DATABASE_CA_FILE, DATABASE_IAM_AUTH and AWS_REGION, SPECS.

Examples:
  $ DATABASE_URL=postgres://owner@db/shop SPECS=examples aviary install
  $ psql -c 'grant aviary_pelican to pelican_login'
  $ psql -c 'grant aviary_frontend to frontend_login'`,
    )
    .action(async ({ json }: { json?: true }) => {
      const config = context.config(needed);
      const indexes = loadSemanticIndexes(config.SPECS);
      const pool = openPool({
        ...databaseOf(config),
        max: 1,
      });
      try {
        const tables = await inspectSources(pool, indexes);
        const persist: Persist = (call) =>
          retry(call, {
            signal: context.signal,
            onRetry: ({ message }) => context.say(`${message}; trying again`),
          });
        const { migrations, undone, ...installed } = await install(pool, tables, persist);
        const sources: Deeds = installed.sources.map((source) => ({ ...source }));
        for (const [position, table] of tables.entries()) {
          if (table.index.source.keywords !== undefined)
            context.say(`keyword index of ${table.relation}: building it, unless it is there …`);
          await persist(() =>
            installKeywordIndex(
              pool,
              table,
              (event) => sources[position]?.did.push(event),
              context.signal,
            ),
          );
        }
        for (const reason of undone) context.say(reason);
        if (json === true) context.printJson({ migrations, sources, undone });
        else tell(context, migrations, sources);
      } finally {
        await pool.end();
      }
    });
}

function tell(context: CliContext, migrations: readonly string[], sources: Deeds): void {
  for (const name of migrations) context.print(`applied ${name}`);
  context.print(
    columns(
      ['INDEX', 'TABLE', 'DONE'],
      sources.map(({ index, table, did }) => [
        index,
        table,
        did.map((event) => deeds[event]).join(', ') || 'nothing, it was so already',
      ]),
    ),
  );
}
