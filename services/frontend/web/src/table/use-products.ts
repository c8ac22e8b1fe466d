import { onScopeDispose, shallowRef } from 'vue';
import type { Product } from '../../../shared/product.ts';
import { fetchProducts, type PageRequest } from './products-api.ts';

/** One page of the table. A newer question cancels the one under way. */
export function useProducts() {
  const products = shallowRef<Product[]>([]);
  const total = shallowRef(0);
  const totalIsExact = shallowRef(true);
  /** Whether a deleted product can be put back whole. */
  const restorable = shallowRef(false);
  const failure = shallowRef<string>();
  const busy = shallowRef(true);
  let underWay: AbortController | undefined;

  async function load(request: PageRequest): Promise<void> {
    underWay?.abort();
    const controller = new AbortController();
    underWay = controller;
    busy.value = true;
    try {
      const page = await fetchProducts(request, controller.signal);
      products.value = page.products;
      total.value = page.total;
      totalIsExact.value = page.totalIsExact;
      restorable.value = page.restorable;
      failure.value = undefined;
    } catch (error) {
      if (controller.signal.aborted) return;
      failure.value = (error as Error).message;
    }
    if (underWay === controller) busy.value = false;
  }

  /** Shows a row as it is now, where it stands. */
  function replace(current: Product): void {
    products.value = products.value.map((product) =>
      product.id === current.id ? current : product,
    );
  }

  onScopeDispose(() => underWay?.abort());
  return { products, total, totalIsExact, restorable, failure, busy, load, replace };
}
