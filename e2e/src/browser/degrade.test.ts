import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';
import { startWebsite, type Website } from './website.ts';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('a page whose index or embedder is away', () => {
  let site: Website;
  beforeAll(async () => {
    site = await startWebsite(chromium ?? '', { rows: 100 });
  }, 180_000);
  afterAll(() => site[Symbol.asyncDispose]());

  const faults = {
    index: {
      strike: () => site.system.pinecone.setFaults({ unavailable: 1 }),
      mend: () => site.system.pinecone.setFaults({}),
    },
    embedder: {
      strike: () => site.system.embeddings.setFaults({ serverError: 1 }),
      mend: () => site.system.embeddings.setFaults({}),
    },
  };

  test.each(['index', 'embedder'] as const)(
    'shows matches of words and says so, and is back by itself: the %s',
    async (away) => {
      await using opened = await site.open();
      const { page } = opened;
      const banner = page.getByRole('status').filter({ hasText: 'matches of your words' });
      faults[away].strike();
      try {
        // A word that the sample has in many descriptions; asked anew, so that no vector is remembered.
        await page.getByRole('searchbox').fill(`travel ${away}`);
        await banner.waitFor();
        await page.locator('.results > li').first().waitFor();
      } finally {
        faults[away].mend();
      }
      await banner.waitFor({ state: 'detached' });
      await page.locator('.results > li').first().waitFor();
      expect(opened.faults).toEqual([]);
    },
  );
});
