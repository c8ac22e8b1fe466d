import { z } from 'zod';
import type { ObservedJob } from './observed.ts';

/** What `aviary audit --json` leaves behind, as far as it counts here. */
const schema = z.object({
  indexes: z.tuple([
    z.object({
      missing: z.int(),
      stale: z.int(),
      orphaned: z.int(),
      mended: z.int(),
      undecided: z.int(),
    }),
  ]),
});

export interface Findings {
  readonly missing: number;
  readonly stale: number;
  readonly orphaned: number;
  /** All that an index of this table should hold is there. Records of others in its namespace are theirs. */
  readonly isInStep: boolean;
}

/** Of an audit that has ended; undefined where it left no findings behind. */
export function readFindings({ message }: ObservedJob): Findings | undefined {
  try {
    const [found] = schema.parse(JSON.parse(message ?? '')).indexes;
    const { missing, stale, orphaned, mended, undecided } = found;
    const isInStep = undecided === 0 && missing + stale + orphaned <= mended;
    return { missing, stale, orphaned, isInStep };
  } catch {
    return undefined;
  }
}
