import { reactive, readonly } from 'vue';

const tabs = ['search', 'table', 'pipeline'] as const;
export type Tab = (typeof tabs)[number];

/** What a search shows: results by meaning, by keywords, or both side by side. */
const views = ['meaning', 'keywords', 'both'] as const;
export type SearchView = (typeof views)[number];

/**
 * Filters of the search results, as the API takes them: `price.min`, `price.max`, `aisle.is`. Times may be an age as
 * well, such as `week`: a link to what is new goes on to show what is new.
 */
export type Filters = Readonly<Record<string, readonly string[]>>;

export interface Address {
  tab: Tab;
  /** Name of the index that is searched; the first when absent. */
  index: string | undefined;
  /** The query. */
  q: string;
  /** Of the search results. */
  page: number;
  view: SearchView;
  filters: Filters;
}

const address = reactive<Address>(read());
window.addEventListener('popstate', () => Object.assign(address, read()));

/** What the page shows, as the address bar holds it: links and the back button work. */
export function useAddress() {
  return { address: readonly(address) as Readonly<Address>, go };
}

/** @param step false replaces the entry in the history: for what changes with each key. */
function go(change: Partial<Address>, step = true): void {
  Object.assign(address, change);
  const query = new URLSearchParams();
  if (address.tab !== 'search') query.set('tab', address.tab);
  if (address.index !== undefined) query.set('index', address.index);
  if (address.q !== '') query.set('q', address.q);
  if (address.page > 1) query.set('page', String(address.page));
  if (address.view !== 'meaning') query.set('view', address.view);
  for (const [name, values] of Object.entries(address.filters)) {
    for (const value of values) query.append(name, value);
  }
  const url = query.size > 0 ? `?${query.toString()}` : location.pathname;
  if (step) history.pushState(null, '', url);
  else history.replaceState(null, '', url);
}

function read(): Address {
  const query = new URLSearchParams(location.search);
  const page = Number(query.get('page') ?? 1);
  const names = [...new Set(query.keys())].filter((name) => /.\.(min|max|is)$/.test(name));
  return {
    tab: tabs.find((tab) => tab === query.get('tab')) ?? 'search',
    index: query.get('index') ?? undefined,
    q: query.get('q') ?? '',
    page: Number.isInteger(page) && page > 0 ? page : 1,
    view: views.find((view) => view === query.get('view')) ?? 'meaning',
    filters: Object.fromEntries(names.map((name) => [name, query.getAll(name)])),
  };
}
