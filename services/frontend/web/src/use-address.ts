import { reactive, readonly } from 'vue';

const tabs = ['search', 'table', 'pipeline'] as const;
export type Tab = (typeof tabs)[number];

/** What a search shows: results by meaning, by keywords, or both side by side. */
const views = ['meaning', 'keywords', 'both'] as const;
export type SearchView = (typeof views)[number];

/** Since when a product was updated: within so long, or since a date such as 2026-01-31. */
const ages = ['day', 'week', 'month', 'year'] as const;
export type Age = (typeof ages)[number];
export type Since = Age | `${number}-${number}-${number}`;

export interface Address {
  tab: Tab;
  /** The query. */
  q: string;
  /** Of the search results. */
  page: number;
  view: SearchView;
  /** Bounds of the search results. */
  minPrice: number | undefined;
  maxPrice: number | undefined;
  updated: Since | undefined;
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
  if (address.view !== 'meaning') query.set('view', address.view);
  for (const name of ['minPrice', 'maxPrice', 'updated'] as const) {
    const value = address[name];
    if (value !== undefined) query.set(name, String(value));
  }
  const url = query.size > 0 ? `?${query.toString()}` : location.pathname;
  if (step) history.pushState(null, '', url);
  else history.replaceState(null, '', url);
}

function read(): Address {
  const query = new URLSearchParams(location.search);
  const page = Number(query.get('page') ?? 1);
  const price = (name: string) => {
    const text = query.get(name) ?? '';
    return /^\d{1,9}(\.\d{1,2})?$/.test(text) ? Number(text) : undefined;
  };
  return {
    tab: tabs.find((tab) => tab === query.get('tab')) ?? 'search',
    q: query.get('q') ?? '',
    page: Number.isInteger(page) && page > 0 ? page : 1,
    view: views.find((view) => view === query.get('view')) ?? 'meaning',
    minPrice: price('minPrice'),
    maxPrice: price('maxPrice'),
    updated: readSince(query.get('updated')),
  };
}

function readSince(text: string | null): Since | undefined {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(Date.parse(text ?? ''));
  return isDate ? (text as Since) : ages.find((age) => age === text);
}
