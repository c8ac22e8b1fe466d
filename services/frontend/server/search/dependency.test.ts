import { RetryableError } from '@aviary/runtime';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AwayError, Dependency } from './dependency.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const forever = new AbortController().signal;
const budget = { budgetMs: 1_000, signal: forever };
const away = () => Promise.reject(new RetryableError('connect ECONNREFUSED 10.0.0.1'));

/** Never answers, and ends with its signal. */
const stuck = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

function dependOn(probe: (signal: AbortSignal) => Promise<unknown>) {
  const changes: boolean[] = [];
  const dependency = new Dependency({
    name: 'The thing',
    probe,
    probeTimeoutMs: 500,
    onChange: (failure) => changes.push(failure === undefined),
  });
  return { dependency, changes };
}

test('what fails is not asked again until a probe succeeds', async () => {
  let isBack = false;
  let probes = 0;
  const { dependency, changes } = dependOn(() => {
    probes += 1;
    return isBack ? Promise.resolve() : away();
  });
  await expect(dependency.call(away, budget)).rejects.toThrow(new AwayError('The thing is away'));
  expect(dependency.health).toEqual({ ok: false, reason: 'connect ECONNREFUSED 10.0.0.1' });
  const work = vi.fn(() => Promise.resolve(1));
  await expect(dependency.call(work, budget)).rejects.toThrow('The thing is away');
  expect(work).not.toHaveBeenCalled();

  // 250, 500, 1,000, 2,000, 4,000, 4,000 … ms apart.
  await vi.advanceTimersByTimeAsync(60_000);
  expect(probes).toBe(18);
  isBack = true;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(await dependency.call(work, budget)).toBe(1);
  expect(dependency.health).toEqual({ ok: true, reason: null });
  expect(changes).toEqual([false, true]);
  expect(dependency.awaySeconds).toBeGreaterThanOrEqual(60);
  expect(dependency.awaySeconds).toBeLessThanOrEqual(64);
});

test('what is late is away, and so is a probe that is late', async () => {
  const { dependency, changes } = dependOn(stuck);
  const call = expect(dependency.call(stuck, budget)).rejects.toThrow('The thing is too slow');
  await vi.advanceTimersByTimeAsync(1_000);
  await call;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(changes).toEqual([false]);
  dependency.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('a dear call that is late keeps nobody else from asking, one that fails does', async () => {
  const { dependency, changes } = dependOn(stuck);
  const dear = { ...budget, mayBeLate: true };
  const call = expect(dependency.call(stuck, dear)).rejects.toThrow('The thing is too slow');
  await vi.advanceTimersByTimeAsync(1_000);
  await call;
  expect(await dependency.call(() => Promise.resolve(1), budget)).toBe(1);
  await expect(dependency.call(away, dear)).rejects.toThrow('The thing is away');
  expect(changes).toEqual([false]);
  dependency.stop();
});

test('an asker who leaves, or asks for what cannot be, blames nothing', async () => {
  const { dependency, changes } = dependOn(away);
  const asker = new AbortController();
  const call = dependency.call(stuck, { ...budget, signal: asker.signal });
  const left = new Error('left');
  asker.abort(left);
  await expect(call).rejects.toBe(left);
  const fault = new Error('no such query');
  const refused = dependency.call(() => Promise.reject(fault), {
    ...budget,
    isAskersFault: (error) => error === fault,
  });
  await expect(refused).rejects.toBe(fault);
  expect(changes).toEqual([]);
});
