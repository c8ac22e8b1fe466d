import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';
import { startWebsite, type OpenPage, type Website } from './website.ts';

const chromium = findChromium();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

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
      expect(await violations(opened)).toEqual([]);
      expect(opened.faults).toEqual([]);
    },
  );
});

/** By DevTools rather than a script element, which the content security policy forbids. */
async function violations({ page }: OpenPage): Promise<string[]> {
  await page.evaluate(axe);
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`,
    ),
  );
}
