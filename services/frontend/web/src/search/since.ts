/** How old something may be at most. */
const ages = ['day', 'week', 'month', 'year'] as const;
type Age = (typeof ages)[number];

const dayMs = 86_400_000;
const ageMs: Record<Age, number> = {
  day: dayMs,
  week: 7 * dayMs,
  month: 30 * dayMs,
  year: 365 * dayMs,
};

export const isAge = (text: string): text is Age => ages.some((age) => age === text);

/** A lower bound as the server takes it: an age ends now, a date begins where the reader is, a number is one. */
export function boundOf(bound: string): string {
  if (isAge(bound)) return new Date(Date.now() - ageMs[bound]).toISOString();
  return /^\d{4}-\d\d-\d\d$/.test(bound) ? new Date(`${bound}T00:00`).toISOString() : bound;
}
