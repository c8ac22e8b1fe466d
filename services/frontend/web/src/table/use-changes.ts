import { onScopeDispose, reactive } from 'vue';
import { fetchSync } from './products-api.ts';

/** How far a saved change has come on its way into search. */
export interface Change {
  kind: 'added' | 'saved' | 'deleted';
  /** Milliseconds from saving until search showed it; null while it does not. */
  searchableAfterMs: number | null;
  /** The page has stopped asking. */
  gaveUp: boolean;
}

const everyMs = 100;
const atMostMs = 60_000;

/** Follows each change until search shows it, by the product's id. */
export function useChanges() {
  const changes = reactive(new Map<number, Change>());
  const latest = new Map<number, number>();
  let disposed = false;

  async function follow(id: number, kind: Change['kind'], savedAt: number): Promise<void> {
    latest.set(id, savedAt);
    changes.set(id, { kind, searchableAfterMs: null, gaveUp: false });
    const until = performance.now() + atMostMs;
    while (performance.now() < until) {
      // A failed question is no answer: ask again.
      const sync = await fetchSync(id, savedAt).catch(() => undefined);
      if (disposed || latest.get(id) !== savedAt) return;
      if (sync?.searchable === true) {
        changes.set(id, { kind, searchableAfterMs: sync.elapsedMs, gaveUp: false });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    changes.set(id, { kind, searchableAfterMs: null, gaveUp: true });
  }

  onScopeDispose(() => (disposed = true));
  return { changes, follow };
}
