import { onScopeDispose, shallowRef } from 'vue';
import type { Status } from '../../../shared/pipeline.ts';
import { fetchStatus } from './pipeline-api.ts';

const everyMs = 1_000;

/** The status of the whole system, asked for each second while the page is seen. */
export function useStatus() {
  const status = shallowRef<Status>();
  /** Why the last answer is missing. */
  const failure = shallowRef<string>();
  let timer: number | undefined;
  let underWay: AbortController | undefined;

  async function poll(): Promise<void> {
    const controller = new AbortController();
    underWay = controller;
    const overdue = setTimeout(() => controller.abort(), 5_000);
    try {
      status.value = await fetchStatus(controller.signal);
      failure.value = undefined;
    } catch (error) {
      if (underWay === controller) failure.value = (error as Error).message;
    }
    clearTimeout(overdue);
    if (underWay === controller) timer = window.setTimeout(() => void poll(), everyMs);
  }

  function pause(): void {
    clearTimeout(timer);
    const before = underWay;
    underWay = undefined;
    before?.abort();
  }

  function follow(): void {
    pause();
    if (!document.hidden) void poll();
  }

  document.addEventListener('visibilitychange', follow);
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', follow);
    pause();
  });
  follow();
  return { status, failure };
}
