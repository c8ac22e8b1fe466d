import { onScopeDispose, shallowRef } from 'vue';
import type { Product, SortableColumn } from '../../../shared/product.ts';
import { fetchProducts } from './products-api.ts';

export interface Listing {
  page: number;
  pageSize: number;
  sort: SortableColumn;
  order: 'asc' | 'desc';
}

/** One page of the table. A newer question cancels the one under way. */
export function useProducts() {
  const products = shallowRef<Product[]>([]);
  const total = shallowRef(0);
  const failure = shallowRef<string>();
  const busy = shallowRef(true);
  let underWay: AbortController | undefined;

  async function load(listing: Listing): Promise<void> {
    underWay?.abort();
    const controller = new AbortController();
    underWay = controller;
    busy.value = true;
    try {
      const page = await fetchProducts(listing, controller.signal);
      products.value = page.products;
      total.value = page.total;
      failure.value = undefined;
    } catch (error) {
      if (controller.signal.aborted) return;
      failure.value = (error as Error).message;
    }
    if (underWay === controller) busy.value = false;
  }

  /** Shows a row as it was just saved, where it stands. */
  function replace(saved: Product): void {
    products.value = products.value.map((product) => (product.id === saved.id ? saved : product));
  }

  onScopeDispose(() => underWay?.abort());
  return { products, total, failure, busy, load, replace };
}
