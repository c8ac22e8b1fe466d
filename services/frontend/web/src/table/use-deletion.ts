import { shallowReactive, shallowRef } from 'vue';
import type { Product, SavedProduct } from '../../../shared/product.ts';
import { ApiError } from '../api.ts';
import { deleteProduct, restoreProduct } from './products-api.ts';
import type { JourneyKind } from './use-journeys.ts';

/** Deletes at once and puts back on demand; where a row cannot be put back whole, it asks before. */
export function useDeletion(parts: {
  replace: (product: Product) => void;
  onWrite: (kind: JourneyKind, saved: SavedProduct) => void;
}) {
  /** The one to ask about, and why. */
  const asking = shallowRef<{ product: Product; why: 'final' | 'changed' }>();
  /** Deleted rows that are shown yet, by id: what is put back, where that can be. */
  const gone = shallowReactive(new Map<number, Product | undefined>());
  /** The one to offer for a while. */
  const offered = shallowRef<Product>();
  const failure = shallowRef<string>();

  async function remove(product: Product, restorable: boolean): Promise<void> {
    asking.value = undefined;
    failure.value = undefined;
    try {
      const deleted = await deleteProduct(product);
      const kept = restorable ? deleted.product : undefined;
      gone.set(product.id, kept);
      offered.value = kept;
      parts.onWrite('deleted', deleted);
    } catch (error) {
      if (error instanceof ApiError && error.current) {
        parts.replace(error.current);
        asking.value = { product: error.current, why: 'changed' };
      } else failure.value = `“${product.name}” was not deleted: ${(error as Error).message}`;
    }
  }

  async function undo(product: Product | undefined): Promise<void> {
    if (product === undefined) return;
    if (offered.value?.id === product.id) offered.value = undefined;
    try {
      const restored = await restoreProduct(product);
      parts.replace(restored.product);
      gone.delete(product.id);
      parts.onWrite('restored', restored);
    } catch (error) {
      failure.value = `“${product.name}” was not put back: ${(error as Error).message}`;
    }
  }

  function begin(product: Product, restorable: boolean): void {
    if (restorable) void remove(product, true);
    else asking.value = { product, why: 'final' };
  }

  return { asking, offered, failure, gone, begin, remove, undo };
}
