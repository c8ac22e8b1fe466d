import type { Threshold } from './verdict.ts';

/** Arrivals rise or fall to so many a minute, within so many seconds. */
export interface Stage {
  perMinute: number;
  seconds: number;
}

export type VisitKind = 'search' | 'edit' | 'delete';

/** What a load test does, and what it must come to. */
export interface Profile {
  description: string;
  /** Put into the table by one COPY. */
  rows: number;
  visits: Partial<Record<VisitKind, readonly Stage[]>>;
  /** Whether visitors come while the rows are on their way, or once these are searchable. */
  visitsCome: 'meanwhile' | 'afterwards';
  /** Longest wait until the rows are searchable, in seconds. */
  drainSeconds: number;
  /** Ends only when a cluster has as many emus as in the beginning. */
  untilScaledDown: boolean;
  thresholds: readonly Threshold[];
}

/** Up, hold, and down to nothing. */
const plateau = (perMinute: number, up: number, hold: number): Stage[] => [
  { perMinute, seconds: up },
  { perMinute, seconds: hold },
  { perMinute: 0, seconds: 5 },
];

const inStep: Threshold[] = [
  { measure: 'differences', atMost: 0 },
  { measure: 'deadLetters', atMost: 0 },
  { measure: 'restarts', atMost: 0 },
];
const visitors: Threshold[] = [
  { measure: 'failedVisits', atMost: 1 },
  { measure: 'droppedVisits', atMost: 0 },
];

export const profiles = {
  smoke: {
    description: 'A minute: 500 rows, then a few visitors.',
    rows: 500,
    visits: {
      search: plateau(240, 10, 25),
      edit: plateau(90, 10, 25),
      delete: plateau(20, 10, 25),
    },
    visitsCome: 'afterwards',
    drainSeconds: 180,
    untilScaledDown: false,
    thresholds: [
      ...inStep,
      ...visitors,
      { measure: 'searchP95', atMost: 1_000 },
      { measure: 'freshnessP95', atMost: 2_000 },
    ],
  },
  burst: {
    description: '10,000 rows by COPY, while people search: emus come by backlog, and go.',
    rows: 10_000,
    visits: { search: plateau(60, 10, 120) },
    visitsCome: 'meanwhile',
    drainSeconds: 900,
    untilScaledDown: true,
    thresholds: [
      ...inStep,
      ...visitors,
      { measure: 'searchP95', atMost: 1_000 },
      { measure: 'mostEmus', atLeast: 8 },
      { measure: 'emusLeft', atMost: 0 },
    ],
  },
  edits: {
    description: 'Five minutes of people at work: many searches, edits, a few deletes.',
    rows: 0,
    visits: {
      search: [...plateau(300, 30, 120), ...plateau(600, 30, 115)],
      edit: [...plateau(180, 30, 120), ...plateau(360, 30, 115)],
      delete: [...plateau(30, 30, 120), ...plateau(60, 30, 115)],
    },
    visitsCome: 'afterwards',
    drainSeconds: 300,
    untilScaledDown: false,
    thresholds: [
      ...inStep,
      ...visitors,
      { measure: 'searchP95', atMost: 300 },
      { measure: 'freshnessP95', atMost: 1_000 },
    ],
  },
  million: {
    description: '1,000,000 rows by one COPY; then people search, edit and delete among them.',
    rows: 1_000_000,
    // Few searches: the local index compares a query with each of a million vectors, in one thread.
    visits: {
      search: plateau(20, 10, 110),
      edit: plateau(240, 10, 110),
      delete: plateau(60, 10, 110),
    },
    visitsCome: 'afterwards',
    drainSeconds: 3_600,
    untilScaledDown: true,
    thresholds: [
      ...inStep,
      // A search that the local index is too slow for is answered by keywords, and counts as failed.
      { measure: 'failedVisits', atMost: 5 },
      { measure: 'droppedVisits', atMost: 0 },
      { measure: 'rowsPerSecond', atLeast: 1_000 },
      { measure: 'editP95', atMost: 500 },
      { measure: 'freshnessP95', atMost: 5_000 },
      { measure: 'serviceMemory', atMost: 1_024 },
    ],
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
