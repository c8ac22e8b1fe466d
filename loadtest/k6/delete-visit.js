import http from 'k6/http';
import { measure, page, think, untilSearchable } from './page.js';

const { ms, failed } = measure('delete');

/** Opens a product, deletes it, and waits until search finds it no more. */
export function remove({ highestId }) {
  const id = 1 + Math.floor(Math.random() * highestId);
  const opened = page.get(`/api/products/${id}`, {
    responseCallback: http.expectedStatuses(200, 404),
  });
  if (opened.status === 404) return;
  if (opened.status !== 200) return failed.add(true);
  think(1, 3);
  const deleted = page.remove(`/api/products/${id}`, {
    headers: { 'if-match': `"${opened.json('version')}"` },
    responseCallback: http.expectedStatuses(200, 404, 412),
  });
  if (deleted.status === 404 || deleted.status === 412) return;
  ms.add(deleted.timings.duration);
  failed.add(deleted.status !== 200 || !untilSearchable(id, deleted.json('savedAt')));
}
