import { integer } from '@aviary/runtime';
import type { z } from 'zod';

const count = (usual: number) => integer({ min: 1, max: 100_000 }).default(usual);

/** How much the API works on at once, in each replica of the server. */
export const admissionVariables = {
  /** Searches. */
  SEARCH_AT_ONCE: count(32),
  /** Searches that wait for those. */
  SEARCH_QUEUE: count(128),
  /** All other requests. */
  TABLE_AT_ONCE: count(16),
  TABLE_QUEUE: count(64),
  /** Longest wait in these queues, in milliseconds: who would wait longer is refused at once. */
  QUEUE_WAIT_MS: integer({ min: 1, max: 60_000 }).default(1_000),
};

type AdmissionConfig = z.infer<z.ZodObject<typeof admissionVariables>>;

export const admissionOptions = (config: AdmissionConfig) => ({
  search: { atOnce: config.SEARCH_AT_ONCE, queue: config.SEARCH_QUEUE },
  table: { atOnce: config.TABLE_AT_ONCE, queue: config.TABLE_QUEUE },
  waitMs: config.QUEUE_WAIT_MS,
});
