import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '@aviary/testing';
import type { Kubectl } from '../cluster/kubectl.ts';

interface Listed {
  name: string;
  namespace: string;
  filters: { column: string }[];
}

interface Answer {
  degraded: object | null;
  results: { score: number; id: string; text: Record<string, string> }[];
}

/** What somebody was answered who asked the same all the time. */
export interface Searches {
  asked: number;
  /** What was found, records with their scores, each time it was something else than before. */
  found: string[];
  failures: string[];
}

/** The page's API, as people's browsers use it. */
export class SearchPage {
  readonly #origin: string;
  readonly #kubectl: Kubectl;
  #pokes = 0;

  constructor(origin: string, kubectl: Kubectl) {
    this.#origin = origin;
    this.#kubectl = kubectl;
  }

  /** All SemanticIndexes that can be searched. */
  async indexes(): Promise<Listed[]> {
    const response = await fetch(`${this.#origin}/api/indexes`);
    return ((await response.json()) as { indexes: Listed[] }).indexes;
  }

  /** @returns the titles that are found, best first; `more` as in `&shelf.is=A` */
  async titles(index: string, query: string, more = ''): Promise<string[]> {
    const { results } = await this.#search(index, query, more);
    return results.map(({ text }) => text.title ?? '');
  }

  /** Waits until the page has learned of something: of the status before that, and of the index after. */
  async untilLists(what: string, holds: (indexes: Listed[]) => boolean): Promise<void> {
    await waitUntil(
      async () => {
        if (holds(await this.indexes())) return true;
        await this.#hurry();
        return false;
      },
      { what: `the page lists ${what}`, timeoutMs: 90_000, everyMs: 500 },
    );
  }

  /** Asks the same all the time, until it is told to stop. */
  keepSearching(index: string, query: string): { stop: () => Promise<Searches> } {
    const searches: Searches = { asked: 0, found: [], failures: [] };
    const stopping = new AbortController();
    const ask = async () => {
      const { degraded, results } = await this.#search(index, query);
      const found = results.map(({ id, score }) => `${id} ${score.toFixed(4)}`).join(', ');
      if (found === '' || degraded !== null) throw new Error(`found: ${found || 'nothing'}`);
      if (found !== searches.found.at(-1)) searches.found.push(found);
    };
    const asking = (async () => {
      while (!stopping.signal.aborted) {
        searches.asked += 1;
        await ask().catch((error: unknown) => searches.failures.push(String(error)));
        await delay(50);
      }
    })();
    return {
      stop: async () => {
        stopping.abort();
        await asking;
        return searches;
      },
    };
  }

  async #search(index: string, query: string, more = ''): Promise<Answer> {
    const q = encodeURIComponent(query);
    const response = await fetch(`${this.#origin}/api/search?index=${index}&q=${q}${more}`);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** A kubelet renews mounted ConfigMaps each minute or so, and at once where a pod changes. */
  async #hurry(): Promise<void> {
    await this.#kubectl([
      ...['annotate', 'pods', '--selector=app.kubernetes.io/name=frontend', '--overwrite'],
      `aviary.dev/poked=${(this.#pokes += 1)}`,
    ]);
  }
}
