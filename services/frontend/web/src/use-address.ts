import { reactive, readonly } from 'vue';

export type Tab = 'search' | 'table';

export interface Address {
  tab: Tab;
  /** The query. */
  q: string;
  /** Of the search results. */
  page: number;
}

const address = reactive<Address>(read());
window.addEventListener('popstate', () => Object.assign(address, read()));

/** What the page shows, as the address bar holds it: links and the back button work. */
export function useAddress() {
  return { address: readonly(address), go };
}

/** @param step false replaces the entry in the history: for what changes with each key. */
function go(change: Partial<Address>, step = true): void {
  Object.assign(address, change);
  const query = new URLSearchParams();
  if (address.tab !== 'search') query.set('tab', address.tab);
  if (address.q !== '') query.set('q', address.q);
  if (address.page > 1) query.set('page', String(address.page));
  const url = query.size > 0 ? `?${query.toString()}` : location.pathname;
  if (step) history.pushState(null, '', url);
  else history.replaceState(null, '', url);
}

function read(): Address {
  const query = new URLSearchParams(location.search);
  const page = Number(query.get('page') ?? 1);
  return {
    tab: query.get('tab') === 'table' ? 'table' : 'search',
    q: query.get('q') ?? '',
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}
