import { PermanentError } from '@aviary/runtime';
import { expect, test } from 'vitest';
import { QueryVectors } from './query-vectors.ts';

/** An embedder whose answers wait to be let go, and that refuses "bad". */
function held() {
  const requests: { texts: string[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const arrivals: (() => void)[] = [];
  const embed = (texts: string[]) =>
    new Promise<Float32Array[]>((resolve, reject) => {
      const answer = () => {
        if (texts.includes('bad')) reject(new PermanentError('bad is refused'));
        else resolve(texts.map((text) => Float32Array.of(text.length)));
      };
      requests.push({ texts, answer, fail: reject });
      arrivals.shift()?.();
    });
  const arrival = () => new Promise<void>((resolve) => arrivals.push(resolve));
  return { requests, embed, arrival };
}

const forever = new AbortController().signal;
const ask = (vectors: QueryVectors, ...queries: string[]) =>
  queries.map((query) => vectors.get(query, forever));

test('what is asked together is one request, and the same question once', async () => {
  const { requests, embed, arrival } = held();
  const sizes: number[] = [];
  const vectors = new QueryVectors(embed, (size) => sizes.push(size));
  const arrived = arrival();
  const asked = ask(vectors, 'a', 'bb', 'a');
  await arrived;
  expect(requests.map(({ texts }) => texts)).toEqual([['a', 'bb']]);
  requests[0]?.answer();
  expect((await Promise.all(asked)).map(([length]) => length)).toEqual([1, 2, 1]);
  expect(vectors.known('bb')).toEqual(Float32Array.of(2));
  await ask(vectors, 'bb')[0];
  expect(sizes).toEqual([2]);
});

test('while two requests are under way, the rest gather', async () => {
  const { requests, embed, arrival } = held();
  const vectors = new QueryVectors(embed, () => undefined);
  const asked: Promise<Float32Array>[] = [];
  for (const query of ['a', 'bb']) {
    const arrived = arrival();
    asked.push(...ask(vectors, query));
    await arrived;
  }
  const many = Array.from({ length: 100 }, (_, n) => `query ${n}`);
  asked.push(...ask(vectors, ...many));
  expect(requests).toHaveLength(2);
  const next = arrival();
  requests[0]?.answer();
  requests[1]?.answer();
  await next;
  expect(requests[2]?.texts).toEqual(many.slice(0, 64));
  const last = arrival();
  requests[2]?.answer();
  await last;
  expect(requests[3]?.texts).toEqual(many.slice(64));
  requests[3]?.answer();
  await Promise.all(asked);
});

test('an asker who leaves harms no other; a query that nobody wants is not sent', async () => {
  const { requests, embed, arrival } = held();
  const vectors = new QueryVectors(embed, () => undefined);
  const leaver = new AbortController();
  const left = new Error('left');
  const arrived = arrival();
  const leaving = [vectors.get('shared', leaver.signal), vectors.get('unwanted', leaver.signal)];
  const [staying] = ask(vectors, 'shared');
  leaver.abort(left);
  expect(await Promise.allSettled(leaving)).toEqual(
    leaving.map(() => ({ status: 'rejected', reason: left })),
  );
  await arrived;
  expect(requests[0]?.texts).toEqual(['shared']);
  // Sent, it goes on without an asker, for the next one.
  const late = new AbortController();
  const second = arrival();
  const abandoned = vectors.get('paid for', late.signal);
  await second;
  late.abort(left);
  await expect(abandoned).rejects.toBe(left);
  requests[0]?.answer();
  requests[1]?.answer();
  await staying;
  expect(await ask(vectors, 'paid for')[0]).toEqual(Float32Array.of(8));
  expect(requests).toHaveLength(2);
});

test('a failure is shared and not kept', async () => {
  const { requests, embed, arrival } = held();
  const vectors = new QueryVectors(embed, () => undefined);
  const arrived = arrival();
  const asked = ask(vectors, 'a', 'bb');
  await arrived;
  const failure = new Error('away');
  requests[0]?.fail(failure);
  expect(await Promise.allSettled(asked)).toEqual(
    asked.map(() => ({ status: 'rejected', reason: failure })),
  );
  const again = arrival();
  const [retried] = ask(vectors, 'a');
  await again;
  requests[1]?.answer();
  expect(await retried).toEqual(Float32Array.of(1));
});

test('a query that is refused is refused alone', async () => {
  const { requests, embed, arrival } = held();
  const vectors = new QueryVectors(embed, () => undefined);
  let arrived = arrival();
  const asked = Promise.allSettled(ask(vectors, 'good', 'bad'));
  await arrived;
  arrived = arrival();
  requests[0]?.answer();
  await arrived;
  for (const { answer } of requests.slice(1)) answer();
  const [good, bad] = await asked;
  expect(good).toEqual({ status: 'fulfilled', value: Float32Array.of(4) });
  expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'bad is refused' } });
});

test('the least recently used are forgotten', async () => {
  const vectors = new QueryVectors(
    (texts) => Promise.resolve(texts.map(() => Float32Array.of(1))),
    () => undefined,
    2,
  );
  await Promise.all(ask(vectors, 'a', 'b'));
  await ask(vectors, 'a')[0];
  await ask(vectors, 'c')[0];
  expect(['a', 'b', 'c'].map((query) => vectors.known(query) !== undefined)).toEqual([
    true,
    false,
    true,
  ]);
});
