import { computed, shallowRef } from 'vue';
import type { Sample } from '../../../shared/pipeline.ts';
import { fetchHistory } from './pipeline-api.ts';
import { usePolled } from './use-polled.ts';

const everyMs = 2_000;
/** As far as a server remembers. */
const longestMs = 3_600_000;

/** What the pipeline looked like over the last hour: all of it once, and then what is new. */
export function useHistory() {
  const samples = shallowRef<Sample[]>([]);
  const { value, failure } = usePolled(async (signal) => {
    const since = samples.value.at(-1)?.at ?? 0;
    const { samples: newer } = await fetchHistory(since, signal);
    const oldest = (newer.at(-1)?.at ?? since) - longestMs;
    samples.value = [...samples.value.filter(({ at }) => at > oldest), ...newer];
    return true;
  }, everyMs);
  return { samples, failure, isKnown: computed(() => value.value === true) };
}
