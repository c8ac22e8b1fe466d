/* global __ENV */
import http from 'k6/http';
import { sleep } from 'k6';
import { Rate, Trend } from 'k6/metrics';

const base = __ENV.PAGE;

/** The page's API. */
export const page = {
  get: (path, params) => http.get(`${base}${path}`, params),
  patch: (path, body, params) => http.patch(`${base}${path}`, body, params),
  remove: (path, params) => http.del(`${base}${path}`, null, params),
};

/** How long a kind of visit's own request takes, and which of its requests failed. */
export function measure(kind) {
  return { ms: new Trend(`${kind}_ms`, true), failed: new Rate(`${kind}_failed`) };
}

/** From the answer to a change until search shows it, by this program's clock. */
const freshness = new Trend('freshness_ms', true);

/**
 * Waits until a change is seen by search: the page tells a change's journey as a stream that ends there.
 *
 * @returns whether it was within the minute that the page follows a change
 */
export function untilSearchable(id, savedAt) {
  const began = Date.now();
  const journey = page.get(`/api/products/${id}/journey?since=${savedAt}`, { timeout: '70s' });
  const steps = String(journey.body).match(/"step":"(\w+)"/g) || [];
  const arrived = /searchable|gone/.test(steps[steps.length - 1] || '');
  if (arrived) freshness.add(Date.now() - began);
  return arrived;
}

/** Seconds that a person takes to read or type, between the two. */
export function think(least, most) {
  sleep(least + Math.random() * (most - least));
}

export const anyOf = (list) => list[Math.floor(Math.random() * list.length)];
