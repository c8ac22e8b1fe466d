import type { StormResult } from './storm.ts';

/** Most differences shown of one storm. */
const shownDifferences = 10;

export const isCalm = ({ failures, differences }: StormResult): boolean =>
  failures.length === 0 && differences.length === 0;

const counts = (figures: Record<string, number>) =>
  Object.entries(figures)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

const total = (figures: Record<string, number>) =>
  Object.values(figures).reduce((sum, count) => sum + count, 0);

/** A storm in one line. */
export function verdictLine(result: StormResult): string {
  const { seed, faults, strikes, workload } = result;
  return [
    `seed ${seed}: ${isCalm(result) ? 'index equals table' : 'FAILED'}`,
    `${total(workload.steps)} writes (${counts(workload.steps)}), ${workload.rolledBack} rolled back, ${workload.cutOff} cut off`,
    `${total(faults) + total(strikes)} faults (${counts(faults)}, ${total(strikes)} at fault points)`,
    `${result.jobs} jobs, ${result.refreshes} refreshes`,
    `${result.embeddings} embeddings of ${result.texts} texts`,
    `slowest write ${workload.slowestMs} ms (${workload.slowest})`,
    `${result.records} records, quiet after ${result.quietSeconds} s, ${result.seconds} s in all`,
  ].join('; ');
}

/** What went wrong, where to look, and how to see it again. */
export function failureReport(result: StormResult, logs: string, command: string): string {
  const { failures, differences } = result;
  const more = differences.length - shownDifferences;
  return [
    ...failures.map((failure) => `  ${failure}`),
    ...differences.slice(0, shownDifferences).map(({ row, what }) => `  ${row}: ${what}`),
    ...(more > 0 ? [`  and ${more} differences more`] : []),
    `  logs: ${logs}`,
    `  again: ${command}`,
  ].join('\n');
}
