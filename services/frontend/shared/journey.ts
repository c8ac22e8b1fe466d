import { z } from './zod.ts';

/** The stages of a saved row on its way into search, and how the way may end. */
export const journeySteps = [
  'saved',
  'queued',
  /** Its vector was made. */
  'embedded',
  /** The text is as it was, and so the vector serves. */
  'kept',
  'searchable',
  /** Deleted, and gone from search. */
  'gone',
  /** It took too long to wait for. */
  'timeout',
] as const;
export type JourneyStep = (typeof journeySteps)[number];

/**
 * What the journey of a saved row tells. A step may come twice: the second time is the better one, since the record
 * itself says when it was queued. Times of different machines' clocks are made to fit between their neighbours.
 */
export const journeyEventSchema = z.strictObject({
  step: z.enum(journeySteps),
  /** Milliseconds since the row was saved. */
  ms: z.number().nonnegative(),
});
export type JourneyEvent = z.infer<typeof journeyEventSchema>;

/** Nothing comes after these. */
export const isLastStep = (step: JourneyStep): boolean =>
  step === 'searchable' || step === 'gone' || step === 'timeout';
