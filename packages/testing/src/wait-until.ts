import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks at something outside the test's process until it is so.
 *
 * @param what names the condition, for the error of a timeout
 * @param everyMs between two looks; more than 10 where a look is dear
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  {
    what,
    timeoutMs = 60_000,
    everyMs = 10,
  }: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`After ${timeoutMs} ms still not: ${what}`);
    await delay(everyMs);
  }
}
