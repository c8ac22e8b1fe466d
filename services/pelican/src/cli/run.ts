import { ConfigError, PermanentError, RetryableError, withoutSecrets } from '@aviary/runtime';
import { SpecError } from '@aviary/semantic-index';
import { Command, CommanderError } from 'commander';
import aviary from '../../../../package.json' with { type: 'json' };
import { auditCommand } from './audit.ts';
import { backfillCommand } from './backfill.ts';
import { CliContext, type CliSurroundings } from './context.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { dropRecordsCommand } from './drop-records.ts';
import { exitCode, type ExitCode } from './exit-codes.ts';
import { installCommand } from './install.ts';
import { uninstallCommand } from './uninstall.ts';

const help = `
Results go to stdout, all else to stderr. Exit codes: 0 fine, 1 the answer is no, 2 wrong usage or
configuration, 3 not finished, 4 failed.

It reads the environment of the services (DATABASE_URL, SPECS, QUEUE_URL, DEAD_LETTER_QUEUE_URL,
REFRESH_QUEUE_URL, AWS_*, PINECONE_*), and each command demands only what it needs. A result is also left in the file
that RESULT_FILE names, up to 4 KB of it.

Examples:
  npx aviary dead-letters list
  kubectl exec deploy/pelican -- npx aviary dead-letters list --json
  make aviary ARGS="backfill --help"`;

/**
 * Runs one command line, such as `['audit', '--json']`.
 *
 * @returns what to exit with; whatever goes wrong has been told by then.
 */
export async function run(
  args: readonly string[],
  surroundings: CliSurroundings,
): Promise<ExitCode> {
  const context = new CliContext(surroundings);
  try {
    await program(context).parseAsync(args, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    return report(context, error);
  } finally {
    context.leaveResult();
  }
}

function program(context: CliContext): Command {
  const root = new Command('aviary')
    .description('Look after the indexes that Aviary keeps in step with Postgres tables.')
    .version(aviary.version)
    .addCommand(auditCommand(context))
    .addCommand(backfillCommand(context))
    .addCommand(deadLettersCommand(context))
    .addCommand(dropRecordsCommand(context))
    .addCommand(installCommand(context))
    .addCommand(uninstallCommand(context))
    .addHelpText('after', help);
  return governed(root, context);
}

/** Errors come back as exceptions and in one line, from every command alike. */
function governed(command: Command, context: CliContext): Command {
  command.exitOverride().configureOutput({
    writeOut: (text) => void context.stdout.write(text),
    writeErr: (text) => void context.stderr.write(text),
    outputError: (text, write) =>
      write(
        `aviary: ${text
          .replace(/^error: /, '')
          .trim()
          .replaceAll('\n', ' ')}\n`,
      ),
  });
  for (const inner of command.commands) governed(inner, context);
  return command;
}

function report(context: CliContext, error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.fine : exitCode.usage;
  if (context.signal.aborted) {
    context.say('aviary: stopped before it was finished');
    return exitCode.unfinished;
  }
  if (
    error instanceof ConfigError ||
    error instanceof SpecError ||
    error instanceof PermanentError
  ) {
    context.say(`aviary: ${error.message}`);
    return exitCode.usage;
  }
  if (error instanceof RetryableError) {
    context.say(`aviary: ${error.message}\nOnce that is mended, run the same command again.`);
    return exitCode.failure;
  }
  context.say(`aviary: unexpected: ${withoutSecrets(String((error as Error).stack))}`);
  return exitCode.failure;
}
