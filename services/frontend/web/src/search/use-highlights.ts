import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import type { Mark, SearchPage } from '../../../shared/search.ts';
import { fetchHighlights } from './search-api.ts';

/** Marks are for who reads, not for who still types; in milliseconds. */
const calmMs = 400;

/** The marks of the results shown, by result. They come after the results, or not at all. */
export function useHighlights(found: Readonly<ShallowRef<SearchPage | undefined>>) {
  const marks = shallowRef<ReadonlyMap<string, Mark[]>>(new Map());
  let underWay: AbortController | undefined;
  let timer: number | undefined;
  /** What the marks are of: the same results keep them while they are asked for again. */
  let shown = '';

  function stop(): void {
    clearTimeout(timer);
    underWay?.abort();
  }

  async function ask(page: SearchPage): Promise<void> {
    const controller = new AbortController();
    underWay = controller;
    const request = {
      index: page.index,
      q: page.query,
      mode: page.answeredBy,
      ids: page.results.map(({ id }) => id),
    };
    try {
      const { highlights } = await fetchHighlights(request, controller.signal);
      marks.value = new Map(highlights.map(({ id, marks: of }) => [id, of]));
    } catch {
      // The results serve without.
    }
  }

  watch(
    found,
    (page) => {
      stop();
      const now = page ? `${page.index} ${page.answeredBy} ${page.query}` : '';
      if (now !== shown) marks.value = new Map();
      shown = now;
      if (page && page.results.length > 0) timer = window.setTimeout(() => void ask(page), calmMs);
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  return marks;
}
