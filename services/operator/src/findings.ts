import { z } from 'zod';

/** What an audit counted, as far as it counts here. */
export const auditCounts = z.object({
  missing: z.int(),
  stale: z.int(),
  orphaned: z.int(),
  mended: z.int(),
  undecided: z.int(),
});

/** What an audit found. Records of others in its index's namespace are theirs. */
export interface Findings {
  readonly missing: number;
  readonly stale: number;
  readonly orphaned: number;
  /** Of these, what is still so. */
  readonly unmended: number;
  /** Rows that changed all the while. */
  readonly undecided: number;
}

/** What `aviary audit --json` leaves behind. */
const schema = z.object({ indexes: z.tuple([auditCounts]) });

/** @returns undefined where the last words of an audit are no findings */
export function readFindings(words = ''): Findings | undefined {
  try {
    return findingsOf(schema.parse(JSON.parse(words)).indexes[0]);
  } catch {
    return undefined;
  }
}

export function findingsOf(counts: z.output<typeof auditCounts>): Findings {
  const { missing, stale, orphaned, mended, undecided } = counts;
  const unmended = Math.max(0, missing + stale + orphaned - mended);
  return { missing, stale, orphaned, unmended, undecided };
}

/** All that an index of this table should hold is there. */
export const isInStep = ({ unmended, undecided }: Findings): boolean =>
  unmended === 0 && undecided === 0;
