import { transaction, type Pool } from '@aviary/postgres';
import { RetryableError, retry } from '@aviary/runtime';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { Command } from 'commander';
import { databaseConfig, databaseOf, specsConfig } from '../config.ts';
import { openPool } from '../tables/open-pool.ts';
import type { CliContext } from './context.ts';

/** Takes out of a database what `install` put there for SemanticIndexes. */
export function uninstallCommand(context: CliContext): Command {
  return new Command('uninstall')
    .description('take triggers off tables, and forget what waits of their changes')
    .argument(
      '[names...]',
      'of SemanticIndexes, whether or not there is a spec of them still; all of SPECS when absent',
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Run it as the owner of the tables, once no pelican has a spec of that name any more: it would put the triggers back.
Records in the index, keyword indexes and roles stay. Again is harmless.

Environment: DATABASE_URL, DATABASE_CA_FILE, DATABASE_IAM_AUTH and AWS_REGION; SPECS where no name is given.

Examples:
  $ DATABASE_URL=postgres://owner@db/shop aviary uninstall products`,
    )
    .action(async (given: string[], { json }: { json?: true }) => {
      const config = context.config(databaseConfig);
      const names =
        given.length > 0
          ? given
          : loadSemanticIndexes(context.config(specsConfig).SPECS).map(({ name }) => name);
      const pool = openPool({ ...databaseOf(config), max: 1 });
      const onRetry = ({ message }: RetryableError) => context.say(`${message}; trying again`);
      try {
        const removed: string[] = [];
        for (const name of names) {
          const wasThere = await retry(() => uninstall(pool, name), {
            signal: context.signal,
            onRetry,
          });
          if (wasThere) removed.push(name);
        }
        if (json === true) context.printJson({ removed });
        else context.print(`removed: ${removed.join(', ') || 'nothing, there was nothing of it'}`);
      } finally {
        await pool.end();
      }
    });
}

/** @returns whether there was anything of it */
function uninstall(pool: Pool, name: string): Promise<boolean> {
  return transaction(pool, `uninstalling ${name}`, async (client) => {
    const { rows } = await client.query<{ exists: boolean }>(
      "select to_regclass('aviary.source') is not null as exists",
    );
    if (rows[0]?.exists !== true) return false;
    // Writers of the table wait behind whoever waits for them.
    await client.query("set local lock_timeout = '300ms'");
    await client.query('select aviary.remove_capture($1)', [name]);
    await client.query(
      'delete from aviary.outbox o using aviary.source s where s.name = $1 and o.source_id = s.id',
      [name],
    );
    const { rowCount } = await client.query('delete from aviary.source where name = $1', [name]);
    return rowCount !== 0;
  });
}
