import { onScopeDispose, shallowRef, watch } from 'vue';
import { deepestResult, type SearchPage } from '../../../shared/search.ts';
import { fetchSearch } from './search-api.ts';
import { useAddress } from '../use-address.ts';

export const pageSize = 20;
export const lastPage = deepestResult / pageSize;

const debounceMs = 180;

/** The results for the address' query and page. A newer question cancels the one under way. */
export function useSearch() {
  const { address } = useAddress();
  const found = shallowRef<SearchPage>();
  const failure = shallowRef<string>();
  const busy = shallowRef(false);
  let underWay: AbortController | undefined;
  let timer: number | undefined;

  async function search(): Promise<void> {
    underWay?.abort();
    const controller = new AbortController();
    underWay = controller;
    try {
      const request = { q: address.q.trim(), page: address.page, pageSize };
      found.value = await fetchSearch(request, controller.signal);
      failure.value = undefined;
    } catch (error) {
      if (controller.signal.aborted) return;
      found.value = undefined;
      failure.value = (error as Error).message;
    }
    if (underWay === controller) busy.value = false;
  }

  function ask(delayMs: number): void {
    clearTimeout(timer);
    if (address.q.trim() === '') {
      underWay?.abort();
      found.value = undefined;
      failure.value = undefined;
      busy.value = false;
      return;
    }
    busy.value = true;
    timer = window.setTimeout(() => void search(), delayMs);
  }

  watch(
    () => [address.q.trim(), address.page] as const,
    (now, before) => ask(before !== undefined && now[0] !== before[0] ? debounceMs : 0),
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    underWay?.abort();
  });
  return { found, failure, busy, retry: () => ask(0) };
}
