import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import type { dynamic } from '@pulumi/pulumi';

/*
 * Runs one step of a dynamic provider from the text that Pulumi keeps in its state, as Pulumi does: in a process that
 * knows nothing of the program. Standard input has the text, the step and its arguments; the answer goes to standard output.
 */
const { provider, step, args } = JSON.parse(await text(process.stdin)) as {
  provider: string;
  step: 'create' | 'diff' | 'update' | 'delete';
  args: unknown[];
};
const requireFromString = createRequire(import.meta.url)('require-from-string') as (
  code: string,
) => { handler: () => dynamic.ResourceProvider };
const revived = requireFromString(provider).handler() as unknown as Record<
  string,
  (...given: unknown[]) => Promise<unknown>
>;
try {
  process.stdout.write(JSON.stringify({ answer: (await revived[step]?.(...args)) ?? null }));
} catch (error) {
  process.stdout.write(JSON.stringify({ error: (error as Error).message }));
}
