import { loadSemanticIndexes } from '@aviary/semantic-index';
import { VectorIndex } from '@aviary/vector-index';
import { Command } from 'commander';
import type { z } from 'zod';
import { pineconeConfig, specsConfig } from '../config.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import { exitCode } from './exit-codes.ts';

const needed = { ...specsConfig, ...pineconeConfig };

/** The environment variables, before they are read. */
export type DropRecordsVariables = z.input<z.ZodObject<typeof needed>>;

/** Takes out of Pinecone what was written there for SemanticIndexes. */
export function dropRecordsCommand(context: CliContext): Command {
  return new Command('drop-records')
    .description('delete all records of the namespaces that specs name; tables stay as they are')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Run it once no pelican and no emu works for them any more: these would write records again. Again is harmless.

Environment: SPECS, PINECONE_API_KEY and PINECONE_CONTROLLER_URL.`,
    )
    .action(async ({ yes }: { yes?: true }, self: Command) => {
      const config = context.config(needed);
      const targets = loadSemanticIndexes(config.SPECS).map(({ target }) => target);
      const places = targets.map(({ index, namespace }) => `${index}/${namespace}`).join(', ');
      const agreed = yes ?? (await confirm(context, `Delete all records of ${places} for good?`));
      if (agreed === undefined) self.error('nobody is here to confirm it: give --yes');
      if (!agreed) {
        context.say('Nothing was deleted.');
        context.exitCode = exitCode.no;
        return;
      }
      for (const { index, namespace } of targets) {
        const vectors = new VectorIndex({
          apiKey: config.PINECONE_API_KEY,
          controllerHostUrl: config.PINECONE_CONTROLLER_URL,
          ...{ index, namespace },
        });
        const { signal } = context;
        // Where there is no index there is nothing in it.
        if (await vectors.shape(signal)) await vectors.deleteNamespace(signal);
      }
      context.print(`empty now: ${places}`);
    });
}
