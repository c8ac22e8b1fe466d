import { kubectl, untilEnded } from './kubectl.ts';

interface Verdict {
  index: string;
  verdict: string;
  rows: number;
  missing: number;
  stale: number;
  orphaned: number;
}

/**
 * Runs the audit's CronJob once: an independent word on whether the index equals the table.
 *
 * @returns what it says of each index
 */
export async function auditOnce(): Promise<Verdict[]> {
  const job = `audit-${Date.now()}`;
  await kubectl(['create', 'job', job, '--from=cronjob/audit']);
  await untilEnded(job, 300);
  const report = JSON.parse(await kubectl(['logs', `job/${job}`])) as { indexes: Verdict[] };
  await kubectl(['delete', `job/${job}`]);
  return report.indexes;
}
