import { judgedQueries } from '@aviary/local/products';
import { k6Job } from './k6-job.ts';
import { findK6 } from './k6-program.ts';
import { readSummary } from './k6-summary.ts';
import { runChild } from './child.ts';
import type { Profile } from './profiles.ts';
import type { K6Summary } from './result.ts';
import { k6Thresholds } from './verdict.ts';

/** Where k6 runs: found on this machine, or in the cluster. */
export type K6Place = 'here' | 'job';

/** Sends a profile's visitors to a page, once. */
export interface Visitors {
  /** @returns what they met with. @throws Error with k6's own words when it fails. */
  visit(page: string, signal: AbortSignal): Promise<K6Summary>;
}

/**
 * Readies k6 for a profile.
 *
 * @throws Error that says how to get k6, where there is none.
 */
export async function readyVisitors(profile: Profile, place: K6Place): Promise<Visitors> {
  const load = JSON.stringify({
    visits: profile.visits,
    thresholds: k6Thresholds(profile.thresholds),
    queries: judgedQueries.map(({ query }) => query),
  });
  const seconds = secondsOf(profile);
  if (place === 'job') {
    return {
      visit: async (_page, signal) => {
        const { printed, version } = await k6Job({ load, seconds, signal });
        return readSummary(printed, { version, by: 'job', seconds });
      },
    };
  }
  const program = await findK6(process.env.PATH ?? '');
  const command = (args: string[], environment: Record<string, string>, signal: AbortSignal) =>
    runChild(program.command, [...program.prefix, ...args], {
      environment: { ...process.env, ...environment },
      signal,
    });
  return {
    visit: async (page, signal) => {
      const { stdout: version } = await command(['version'], {}, signal);
      const script = `${program.scripts}/visits.js`;
      const { stdout, stderr } = await command(
        ['run', '--quiet', '--no-usage-report', '--log-format=raw', script],
        { LOAD: load, PAGE: page },
        signal,
      );
      try {
        // That a threshold was crossed, its exit code 99, is the verdict's affair.
        return readSummary(stdout, { version: versionIn(version), by: program.by, seconds });
      } catch (cause) {
        const words = stderr.trim().split('\n').slice(-5).join('\n');
        throw new Error(`k6 failed:\n${words}`, { cause });
      }
    },
  };
}

/** How long visitors arrive. */
export function secondsOf({ visits }: Profile): number {
  const lengths = Object.values(visits).map((stages) =>
    stages.reduce((sum, { seconds }) => sum + seconds, 0),
  );
  return Math.max(0, ...lengths);
}

/** Of `k6 v1.8.1 (go1.26.8, linux/amd64)`. */
export const versionIn = (printed: string) => /v\d[\w.-]*/.exec(printed)?.[0] ?? 'unknown';
