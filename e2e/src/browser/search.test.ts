import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';
import { startWebsite, type Website } from './website.ts';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('search in a browser', () => {
  let site: Website;
  beforeAll(async () => {
    // The real model, on texts of four products of each type.
    site = await startWebsite(chromium ?? '', { rows: 308, embeddings: { model: 'minilm' } });
  }, 180_000);
  afterAll(() => site[Symbol.asyncDispose]());

  test('finds by meaning as one types, and the address holds the query', async () => {
    await using opened = await site.open();
    const { page } = opened;
    await page
      .getByRole('searchbox')
      .pressSequentially('keeps drinks hot on a winter hike', { delay: 20 });
    const first = page
      .getByRole('listitem')
      .filter({ hasText: /flask|thermos|bottle/i })
      .first();
    await first.waitFor();
    const asked = () => new URL(page.url()).searchParams.get('q');
    await expect.poll(asked).toBe('keeps drinks hot on a winter hike');

    const scores = async () => {
      const texts = await page.locator('.result .score').allInnerTexts();
      return texts.map((text) => Number(/\d\.\d+/.exec(text)?.[0]));
    };
    await expect.poll(async () => (await scores()).length).toBeGreaterThan(5);
    const numbers = await scores();
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));

    await page.reload();
    await first.waitFor();
    expect(opened.faults).toEqual([]);
  });
});
