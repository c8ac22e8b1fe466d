import { effectScope } from 'vue';
import { fetchStatus } from './pipeline-api.ts';
import { usePolled } from './use-polled.ts';

const everyMs = 1_000;

let shared: ReturnType<typeof usePolled<Awaited<ReturnType<typeof fetchStatus>>>> | undefined;

/** The status of the whole system: one question a second for all who show it, for as long as the page is open. */
export function useStatus() {
  shared ??= effectScope(true).run(() => usePolled(fetchStatus, everyMs));
  if (shared === undefined)
    throw new Error('An effect scope that is active runs what it is given.');
  return { status: shared.value, failure: shared.failure };
}
