import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { findChromium } from './chromium.ts';
import { startWebsite, type Website } from './website.ts';

const chromium = findChromium();

const looks = [
  { width: 1280, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const;

/** What to see before a page counts as shown. */
const pages = [
  { path: '/', shows: 'searchbox' },
  { path: '/?q=product', shows: 'listitem' },
  { path: '/?tab=table', shows: 'row' },
  { path: '/?tab=pipeline', shows: 'figure' },
] as const;

describe.skipIf(chromium === undefined)('the page for everybody', () => {
  let site: Website;
  beforeAll(async () => {
    site = await startWebsite(chromium ?? '', { rows: 40 });
  }, 180_000);
  afterAll(() => site[Symbol.asyncDispose]());

  test.each(looks.flatMap((look) => pages.map((page) => ({ ...look, ...page }))))(
    'axe finds no fault in $path, $width px, $colorScheme',
    async ({ path, shows, ...look }) => {
      await using opened = await site.open(path, look);
      await opened.page.getByRole(shows).first().waitFor();
      await opened.page.waitForLoadState('networkidle').catch(() => undefined);
      expect(await violations(opened.page)).toEqual([]);
      expect(opened.faults).toEqual([]);
    },
  );
});
