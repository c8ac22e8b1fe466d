import { anyOf, measure, page, think } from './page.js';

const { ms, failed } = measure('search');

/** Searches, reads, and half the time looks at the next page; one in five finds nothing and asks otherwise. */
export function search({ queries }) {
  // Some queries are asked again and again, and many once: those cost an embedding each.
  const words = anyOf(queries);
  const query = Math.random() < 0.5 ? words : `${words} ${Math.floor(Math.random() * 1e6)}`;
  look(query, 1);
  think(2, 6);
  if (Math.random() < 0.5) look(query, 2);
  if (Math.random() < 0.2) {
    think(1, 3);
    look(anyOf(queries), 1);
  }
}

function look(query, number) {
  const answer = page.get(`/api/search?q=${encodeURIComponent(query)}&page=${number}`);
  // Keywords that stand in for meaning are an answer to a person, and a failure to a load test.
  const ok = answer.status === 200 && answer.json('answeredBy') === 'semantic';
  failed.add(!ok);
  ms.add(answer.timings.duration);
}
