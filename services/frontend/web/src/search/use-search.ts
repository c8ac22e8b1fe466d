import { onScopeDispose, shallowRef, watch } from 'vue';
import { deepestResult, type SearchMode, type SearchPage } from '../../../shared/search.ts';
import { useAddress, type Address } from '../use-address.ts';
import { fetchSearch, type SearchRequest } from './search-api.ts';
import { boundOf } from './since.ts';

export const pageSize = 20;
export const lastPage = deepestResult / pageSize;

const debounceMs = 180;

/**
 * The results for the address, by one mode. A newer question cancels the one under way.
 *
 * @param isWanted false while the results are not shown: nothing is asked then.
 */
export function useSearch(mode: SearchMode, isWanted: () => boolean) {
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
      found.value = await fetchSearch(requestOf(address, mode), controller.signal);
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
    if (address.q.trim() === '' || !isWanted()) {
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
    () => {
      const { index, page, filters } = address;
      return [address.q.trim(), isWanted(), index, page, filters] as const;
    },
    (now, before) => ask(before !== undefined && now[0] !== before[0] ? debounceMs : 0),
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    underWay?.abort();
  });
  return {
    mode,
    found,
    failure,
    busy,
    retry: () => ask(0),
    /** Asks again behind what is shown, unless that is on its way to be replaced. */
    refresh: () => {
      if (!busy.value) void search();
    },
  };
}

export type SearchState = ReturnType<typeof useSearch>;

function requestOf(address: Readonly<Address>, mode: SearchMode): SearchRequest {
  const { index, q, page } = address;
  const filters = Object.fromEntries(
    Object.entries(address.filters).map(([name, values]) => [
      name,
      name.endsWith('.min') ? values.map(boundOf) : values,
    ]),
  );
  return { index, q: q.trim(), mode, page, pageSize, filters };
}
