import { shallowReactive, shallowRef } from 'vue';
import type { Product, ProductChange, SavedProduct } from '../../../shared/product.ts';
import { ApiError } from '../api.ts';
import { saveProduct } from './products-api.ts';

/** A change that was made to an older state of the row than there is now. */
export interface Conflict {
  change: ProductChange;
  current: Product;
}

/** A change that was not saved, and why. */
export interface SaveFailure {
  change: ProductChange;
  message: string;
}

/**
 * Saves changes of rows one after the other, and shows them at once: until the answer they lie over the row, and are
 * taken off again when it was not saved.
 */
export function useSaving(parts: {
  /** The row as it is known now. */
  find: (id: number) => Product | undefined;
  replace: (product: Product) => void;
  onSaved: (saved: SavedProduct) => void;
}) {
  const pending = shallowReactive(new Map<number, ProductChange[]>());
  const failures = shallowReactive(new Map<number, SaveFailure>());
  const conflict = shallowRef<Conflict>();
  const lastOf = new Map<number, Promise<void>>();

  /** The row with what is on its way to the server. */
  const withPending = (product: Product): Product =>
    Object.assign({}, product, ...(pending.get(product.id) ?? []));

  function save(id: number, change: ProductChange): Promise<void> {
    failures.delete(id);
    pending.set(id, [...(pending.get(id) ?? []), change]);
    // The second change of a row is one to what the first one makes of it.
    const saving = (lastOf.get(id) ?? Promise.resolve()).then(() => send(id, change));
    lastOf.set(id, saving);
    return saving;
  }

  async function send(id: number, change: ProductChange): Promise<void> {
    const product = parts.find(id);
    try {
      if (product === undefined) return;
      const saved = await saveProduct(product, change);
      parts.replace(saved.product);
      parts.onSaved(saved);
    } catch (error) {
      if (error instanceof ApiError && error.current) {
        parts.replace(error.current);
        conflict.value = { change, current: error.current };
      } else {
        failures.set(id, { change, message: (error as Error).message });
      }
    } finally {
      const rest = (pending.get(id) ?? []).filter((other) => other !== change);
      if (rest.length > 0) pending.set(id, rest);
      else pending.delete(id);
    }
  }

  /** Ends the conflict: with the own change made to the row as it is now, or without it. */
  function resolve(choice: 'mine' | 'theirs'): void {
    const { change, current } = conflict.value ?? {};
    conflict.value = undefined;
    if (choice === 'mine' && change && current) void save(current.id, change);
  }

  return { pending, failures, conflict, withPending, save, resolve };
}
