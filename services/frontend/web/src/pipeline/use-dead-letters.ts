import { computed, shallowRef, watch } from 'vue';
import type { LetterOutcome, LetterSelection } from '../../../shared/dead-letter.ts';
import { fetchDeadLetters, sendDeed, type Deed } from './pipeline-api.ts';
import { usePolled } from './use-polled.ts';
import { useStatus } from './use-status.ts';

/** To look at letters is to hold them: not often without a reason. */
const everyMs = 30_000;

/** What was done so far, also of several answers. */
type Done = Pick<LetterOutcome, 'letters' | 'rows' | 'notDone'>;

/** The dead letters, looked at again when their number changes, and what is done about them. */
export function useDeadLetters() {
  const { status } = useStatus();
  const { value: found, failure, refresh } = usePolled(fetchDeadLetters, everyMs);
  watch(
    () => status.value?.deadLetters,
    (now, before) => {
      if (before !== undefined && now !== found.value?.inQueue) refresh();
    },
  );

  const busy = shallowRef<Deed>();
  const done = shallowRef<{ deed: Deed } & Done>();
  const deedFailure = shallowRef<string>();

  /** All may take several answers: each ends within seconds. */
  async function act(deed: Deed, selection: LetterSelection): Promise<void> {
    busy.value = deed;
    deedFailure.value = undefined;
    const sum: Done = { letters: 0, rows: 0, notDone: [] };
    try {
      let next = selection;
      for (;;) {
        const answer = await sendDeed(deed, next);
        sum.letters += answer.letters;
        sum.rows += answer.rows;
        sum.notDone.push(...answer.notDone);
        done.value = { deed, ...sum };
        if (!answer.more) break;
        next = { all: true, before: answer.before };
      }
    } catch (error) {
      deedFailure.value = (error as Error).message;
    }
    busy.value = undefined;
    refresh();
  }

  return {
    found,
    failure,
    refresh,
    busy: computed(() => busy.value),
    done,
    deedFailure,
    act,
  };
}
