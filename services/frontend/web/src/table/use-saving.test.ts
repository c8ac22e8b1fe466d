import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Product } from '../../../shared/product.ts';
import { useSaving } from './use-saving.ts';

const kettle: Product = {
  ...{ id: 7, name: 'Kettle', sku: 'K', description: 'Boils', price: 10, version: '1' },
  ...{ createdAt: null, lastUpdated: null, uuid: null },
};
/** The one row of the table, and of the server. */
let shown: Product;
let stored: Product;
let requests: string[];
let refusal: number | undefined;
let savedVersions: string[];

beforeEach(() => {
  [shown, stored, requests, savedVersions, refusal] = [kettle, kettle, [], [], undefined];
  vi.stubGlobal('fetch', (_: string, { body, headers }: RequestInit) =>
    Promise.resolve(answer(body, headers)),
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function answer(body: unknown, headers: HeadersInit | undefined): Response {
  const match = new Headers(headers).get('if-match') ?? '';
  requests.push(match);
  const problem = (status: number, more = {}) =>
    Response.json({ type: 'about:blank', title: 'No', status, detail: 'No.', ...more }, { status });
  if (refusal !== undefined) return problem(refusal);
  if (match !== `"${stored.version}"`) return problem(412, { current: stored });
  const version = String(Number(stored.version) + 1);
  stored = { ...stored, ...(JSON.parse(String(body)) as object), version };
  return Response.json({ product: stored, savedAt: 1, reachesSearch: true });
}

const saving = () =>
  useSaving({
    find: () => shown,
    replace: (product) => (shown = product),
    onSaved: ({ product }) => savedVersions.push(product.version),
  });

test('a change shows at once, and stays when it is saved', async () => {
  const { save, withPending, pending } = saving();
  const saved = save(7, { price: 12 });
  expect(withPending(shown).price).toBe(12);
  await saved;
  expect(pending.size).toBe(0);
  expect(shown).toMatchObject({ price: 12, version: '2' });
});

test('what is not saved is taken back, with the reason and what was typed', async () => {
  refusal = 503;
  const { save, withPending, failures } = saving();
  await save(7, { price: 12 });
  expect(withPending(shown).price).toBe(10);
  expect(failures.get(7)).toEqual({ change: { price: 12 }, message: 'No.' });
});

test('a second change is one to what the first one made of the row', async () => {
  const { save, withPending } = saving();
  const both = [save(7, { price: 12 }), save(7, { name: 'Pot' })];
  expect(withPending(shown)).toMatchObject({ price: 12, name: 'Pot' });
  await Promise.all(both);
  expect(requests).toEqual(['"1"', '"2"']);
  expect(savedVersions).toEqual(['2', '3']);
});

test.each([
  ['mine', 12],
  ['theirs', 10],
] as const)('of a conflict, %s is kept', async (choice, price) => {
  stored = { ...kettle, name: 'Changed', version: '5' };
  const { save, conflict, resolve } = saving();
  await save(7, { price: 12 });
  expect(conflict.value).toEqual({ change: { price: 12 }, current: stored });
  expect(shown).toEqual(stored);
  resolve(choice);
  await vi.waitUntil(() => stored.price === price);
  expect(conflict.value).toBeUndefined();
});
