import http from 'k6/http';
import { anyOf, measure, page, think, untilSearchable } from './page.js';

const { ms, failed } = measure('edit');

const remarks = [
  'Now in stock again.',
  'Customers praise how quiet it is.',
  'The handle has been made longer.',
  'Ships within two days.',
  'Made of recycled material since this year.',
];

/** Opens a product, changes its text (two in three) or its price, and waits until search knows. */
export function edit({ highestId }) {
  const id = 1 + Math.floor(Math.random() * highestId);
  // Ids have gaps, and others delete.
  const opened = page.get(`/api/products/${id}`, {
    responseCallback: http.expectedStatuses(200, 404),
  });
  if (opened.status === 404) return;
  if (opened.status !== 200) return failed.add(true);
  const { version, description, price } = opened.json();
  think(2, 5);
  const change =
    Math.random() < 2 / 3
      ? { description: `${(description || '').slice(0, 600)} ${anyOf(remarks)}` }
      : { price: Math.round((price || 10) * (90 + Math.random() * 20)) / 100 };
  const saved = page.patch(`/api/products/${id}`, JSON.stringify(change), {
    headers: { 'content-type': 'application/json', 'if-match': `"${version}"` },
    responseCallback: http.expectedStatuses(200, 404, 412),
  });
  // Another was quicker.
  if (saved.status === 404 || saved.status === 412) return;
  ms.add(saved.timings.duration);
  failed.add(saved.status !== 200 || !untilSearchable(id, saved.json('savedAt')));
}
