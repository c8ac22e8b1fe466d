import { expect } from 'vitest';
import { auditOnce } from './audit.ts';
import type { Cluster } from './cluster.ts';

/** Nothing is lost: once all is quiet, the audit finds each index equal to its table, and no letter is dead. */
export async function expectInStep(cluster: Cluster): Promise<void> {
  await cluster.quiet(300_000);
  for (const { index, verdict, missing, stale, orphaned } of await auditOnce()) {
    expect({ index, verdict, missing, stale, orphaned }).toEqual({
      index,
      verdict: 'in step',
      missing: 0,
      stale: 0,
      orphaned: 0,
    });
  }
  expect(await cluster.deadLetters()).toBe(0);
}
