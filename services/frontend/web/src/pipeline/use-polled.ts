import { onScopeDispose, shallowRef } from 'vue';

const patienceMs = 20_000;

/** What the server last said, asked for again and again while the page is seen. */
export function usePolled<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number) {
  const value = shallowRef<T>();
  /** Why the last answer is missing. */
  const failure = shallowRef<string>();
  let timer: number | undefined;
  let underWay: AbortController | undefined;

  async function poll(): Promise<void> {
    const controller = new AbortController();
    underWay = controller;
    const overdue = setTimeout(
      () => controller.abort(new Error('The server takes too long to answer.')),
      patienceMs,
    );
    try {
      const answer = await ask(controller.signal);
      if (underWay === controller) value.value = answer;
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

  /** Asks now, whatever is under way. */
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
  return { value, failure, refresh: follow };
}
