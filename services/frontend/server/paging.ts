import { integer } from '@aviary/runtime';

/** What every route that answers in pages takes. */
export const paging = {
  page: integer({ min: 1, max: 1_000_000 }).default(1),
  pageSize: integer({ min: 1, max: 100 }).default(20),
};
