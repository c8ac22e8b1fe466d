import { expect, test } from 'vitest';
import { Allowance } from './allowance.ts';

const minute = 60_000;

test('nothing waits before the server has named a limit, nor when it names none', () => {
  const allowance = new Allowance();
  const mark = allowance.take(1_000_000, 0);
  allowance.observe(-1, 0, mark);
  expect(allowance.waitMs(1_000_000, 0)).toBe(0);
});

test('what the bucket lacks is waited for', () => {
  const allowance = new Allowance();
  allowance.observe(60_000, 0, allowance.take(0, 0));
  const waitMs = allowance.waitMs(5_000, 0);
  expect(waitMs).toBeGreaterThanOrEqual(5_000);
  expect(waitMs).toBeLessThan(15_000);
  expect(allowance.waitMs(5_000, 4_000)).toBeCloseTo(waitMs - 4_000);
});

test('what was taken after the answered request is not there any more', () => {
  const allowance = new Allowance();
  const first = allowance.take(100, 0);
  allowance.take(1_000, 0);
  allowance.observe(60_000, 1_500, first);
  expect(allowance.waitMs(600, 10_000)).toBe(0);
  expect(allowance.waitMs(600, 0)).toBeGreaterThan(100);
});

test('an answer overtaken by a later one is ignored', () => {
  const allowance = new Allowance();
  const first = allowance.take(1, 0);
  const second = allowance.take(1, 0);
  allowance.observe(60_000, 0, second);
  allowance.observe(60_000, 60_000, first);
  expect(allowance.waitMs(1_000, 0)).toBeGreaterThan(900);
});

test('a request larger than the limit waits for a full bucket, not for ever', () => {
  const allowance = new Allowance();
  allowance.observe(1_000, 1_000, allowance.take(0, 0));
  const waitMs = allowance.waitMs(5_000, 0);
  expect(waitMs).toBeGreaterThan(0);
  expect(waitMs).toBeLessThan(60_000);
});

/** A server's bucket and its clients, by ticks of a millisecond, answers at once, waits spread as the Pacer's. */
function simulate(replicas: number, ticks: number) {
  const limit = 60_000;
  const amount = 100;
  let level = limit;
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const clients = Array.from({ length: replicas }, () => ({
    allowance: new Allowance(),
    wakesAt: 0,
    used: 0,
    refused: 0,
  }));
  for (let now = 0; now < ticks; now += 1) {
    level = Math.min(limit, level + limit / minute);
    for (const client of clients) {
      if (now < client.wakesAt) continue;
      const waitMs = client.allowance.waitMs(amount, now);
      client.wakesAt = now + waitMs * (1 + random() / 4);
      if (waitMs > 0) continue;
      const mark = client.allowance.take(amount, now);
      const granted = level >= amount;
      if (granted) level -= amount;
      client.allowance.observe(limit, level, mark);
      if (granted) client.used += amount;
      else {
        client.refused += 1;
        client.allowance.refused(now);
      }
    }
  }
  const used = clients.map((client) => client.used);
  const refused = clients.reduce((sum, client) => sum + client.refused, 0);
  const granted = used.reduce((sum, each) => sum + each, 0);
  return {
    share: granted / (limit + (ticks / minute) * limit),
    evenness: Math.min(...used) / Math.max(...used),
    refused: refused / (refused + granted / amount),
  };
}

test.each([1, 3, 10])(
  '%i replicas use over 19/20 of the budget, evenly, with few refusals',
  (replicas) => {
    const { share, evenness, refused } = simulate(replicas, minute);
    expect(share).toBeGreaterThan(0.95);
    expect(evenness).toBeGreaterThan(0.85);
    expect(refused).toBeLessThan(0.05);
  },
);
