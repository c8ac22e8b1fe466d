import { computed, effectScope } from 'vue';
import type { IndexList } from '../../shared/searchable-index.ts';
import { ask } from './api.ts';
import { usePolled } from './pipeline/use-polled.ts';
import { useAddress } from './use-address.ts';

/** Operators add and move indexes now and then. */
const everyMs = 30_000;

export const fetchIndexes = (signal: AbortSignal) => ask<IndexList>('/api/indexes', { signal });

let shared: ReturnType<typeof usePolled<IndexList>> | undefined;

/** The indexes there are, and that which the address names; undefined until the server has said. */
export function useIndexes() {
  shared ??= effectScope(true).run(() => usePolled(fetchIndexes, everyMs));
  const list = shared?.value;
  const { address } = useAddress();
  const current = computed(() => {
    const { indexes = [] } = list?.value ?? {};
    return address.index === undefined
      ? indexes[0]
      : indexes.find(({ name }) => name === address.index);
  });
  return {
    indexes: computed(() => list?.value?.indexes ?? []),
    current,
    /** Whether rows of the current index are what the table shows; so it is taken to be until the server has said. */
    isEdited: computed(() => !list?.value || list.value.edited === current.value?.name),
    /** Whether there is a table to edit. */
    hasTable: computed(() => list?.value?.edited !== null),
    /** What is shown: where an index has no keywords, meaning alone. */
    view: computed(() => (current.value?.keywords === false ? 'meaning' : address.view)),
  };
}
