/* global __ENV */
/**
 * What people do on the page, for k6. The load test gives it LOAD, the profile's arrivals and thresholds with what to
 * search for as JSON, and PAGE, the page's address.
 */
import { page } from './page.js';

const load = JSON.parse(__ENV.LOAD);

/** Arrivals ramp from 0 through the stages, whatever the answers take: a slow page gets no fewer visitors. */
const scenarios = {};
for (const kind of ['search', 'edit', 'delete']) {
  const stages = load.visits[kind];
  if (!stages) continue;
  const most = Math.max(...stages.map(({ perMinute }) => perMinute));
  scenarios[kind] = {
    executor: 'ramping-arrival-rate',
    exec: kind === 'delete' ? 'remove' : kind,
    timeUnit: '1m',
    startRate: 0,
    // A visit lasts some ten seconds of thinking, and some more while search is behind.
    preAllocatedVUs: Math.ceil(most / 4) + 5,
    maxVUs: Math.ceil(most) + 20,
    stages: stages.map(({ perMinute, seconds }) => ({
      target: perMinute,
      duration: `${seconds}s`,
    })),
    gracefulStop: '75s',
  };
}

export const options = {
  scenarios,
  thresholds: load.thresholds,
  summaryTrendStats: ['count', 'med', 'p(95)', 'p(99)', 'max'],
  // Distinct addresses as tags of their own would fill the memory of a long run.
  systemTags: ['scenario', 'status', 'error_code'],
  userAgent: 'aviary-loadtest',
};

/** What visitors know when they come: words to search for, and how far the ids go. */
export function setup() {
  const { products } = page.get('/api/products?sort=id&order=desc&pageSize=1').json();
  if (products.length === 0) throw new Error('The table is empty: load rows first.');
  return { queries: load.queries, highestId: products[0].id };
}

export { search } from './search-visit.js';
export { edit } from './edit-visit.js';
export { remove } from './delete-visit.js';

/** One line of JSON, told from all else that is printed, so that a pod's log can bring it too. */
export function handleSummary({ metrics }) {
  return { stdout: `\nloadtest-summary ${JSON.stringify(metrics)}\n` };
}
