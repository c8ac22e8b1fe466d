import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { findChromium } from './chromium.ts';
import { startWebsite, type Website } from './website.ts';

const chromium = findChromium();
const examples = join(import.meta.dirname, '../../../examples');

/** Of a team whose Pinecone key the page does not have. */
const directory = mkdtempSync(join(tmpdir(), 'aviary-menus-'));
const team = readFileSync(join(examples, 'store-inventory.yaml'), 'utf8')
  .replaceAll(/(name|namespace): store-inventory/g, '$1: team')
  .replace('  target:\n', '  target:\n    secretRef: { name: team }\n');

/** How a person gets at things. */
interface Hands {
  /** Opens the menu of a button. */
  open: (page: Page, button: string) => Promise<Locator>;
  choose: (page: Page, option: Locator) => Promise<void>;
  leave: (page: Page) => Promise<void>;
}

const hands: Record<'mouse' | 'keyboard', Hands> = {
  mouse: {
    open: async (page, button) => {
      await page.getByRole('button', { name: button }).click();
      return opened(page);
    },
    choose: (_page, option) => option.click(),
    leave: (page) => page.mouse.click(2, 600),
  },
  keyboard: {
    open: async (page, button) => {
      const opener = page.getByRole('button', { name: button });
      await opener.waitFor();
      await tabTo(page, opener);
      await page.keyboard.press('Enter');
      return opened(page);
    },
    choose: async (page, option) => {
      for (let steps = 0; steps < 12 && !(await hasFocus(option)); steps += 1) {
        await page.keyboard.press('ArrowDown');
      }
      expect(await hasFocus(option)).toBe(true);
      await page.keyboard.press('Enter');
    },
    leave: (page) => page.keyboard.press('Escape'),
  },
};

const hasFocus = async (one: Locator) => (await one.and(one.page().locator(':focus')).count()) > 0;

async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stops = 0; stops < 30 && !(await hasFocus(target)); stops += 1) {
    await page.keyboard.press('Tab');
  }
  expect(await hasFocus(target)).toBe(true);
}

/** The menu that is open, once the focus is in it. */
async function opened(page: Page): Promise<Locator> {
  const menu = page.getByRole('dialog');
  await menu.locator(':focus').waitFor();
  return menu;
}

async function closed(page: Page, button: string): Promise<void> {
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // Where one was before.
  await expect.poll(() => hasFocus(page.getByRole('button', { name: button }))).toBe(true);
}

/** With results behind the menu that are no longer about to be replaced: until then they are pale. */
async function expectAccessible(page: Page): Promise<void> {
  await page.locator('.results > li').first().waitFor();
  await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
  expect(await violations(page)).toEqual([]);
}

const parametersOf = (page: Page) => new URL(page.url()).searchParams;
const titles = (page: Page) => page.locator('.results > li h2').allInnerTexts();
const facts = (page: Page, column: string) =>
  page.locator(`.results .fact[data-column="${column}"]`).allInnerTexts();

describe.skipIf(chromium === undefined)('the menus of search', () => {
  let site: Website;
  beforeAll(async () => {
    writeFileSync(join(directory, 'team.yaml'), team);
    const own = ['products.yaml', 'store-inventory.yaml'].map((file) => join(examples, file));
    site = await startWebsite(chromium ?? '', {
      ...{ rows: 40, inventory: 60 },
      environment: { SPECS: [...own, directory].join() },
    });
  }, 180_000);
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await site[Symbol.asyncDispose]();
  });

  const products = (condition: string) =>
    site.system.database
      .sql<{ name: string }>(
        `select name from public.products_with_increment where ${condition} order by name collate "C"`,
      )
      .then((rows) => rows.map(({ name }) => name));

  describe.each(['mouse', 'keyboard'] as const)('by %s', (by) => {
    const { open, choose, leave } = hands[by];

    test('a number is narrowed to a range, and no more', async () => {
      const bounds = await site.system.database.sql<{ price: string }>(
        'select row.price::text as price from public.products_with_increment row order by row.price',
      );
      const [min = '', max = ''] = [bounds[10]?.price, bounds[19]?.price];
      await using visit = await site.open('/?q=travel');
      const { page } = visit;
      await open(page, 'Price');
      await expectAccessible(page);
      await page.keyboard.type(min);
      await page.keyboard.press('Tab');
      await page.keyboard.type(max);
      if (by === 'mouse') await page.getByRole('button', { name: 'Apply' }).click();
      else await page.keyboard.press('Enter');
      await closed(page, 'Price:');
      expect(parametersOf(page).get('price.min')).toBe(min);
      expect(parametersOf(page).get('price.max')).toBe(max);
      const found = await products(`price between ${min} and ${max}`);
      await expect.poll(async () => (await titles(page)).toSorted()).toEqual(found);

      await page.reload();
      await expect.poll(async () => (await titles(page)).toSorted()).toEqual(found);
      await open(page, 'Price:');
      const any = page.getByRole('button', { name: 'Any', exact: true });
      if (by === 'keyboard') {
        await tabTo(page, any);
        await page.keyboard.press('Enter');
      } else await any.click();
      await closed(page, 'Price');
      await expect.poll(() => titles(page)).toHaveLength(20);
      expect([...parametersOf(page).keys()]).toEqual(['q']);
      expect(visit.faults).toEqual([]);
    });

    test('a text is narrowed to some of its values, and no more', async () => {
      await using visit = await site.open('/?index=store-inventory&q=travel');
      const { page } = visit;
      const menu = await open(page, 'Store code');
      const option = (name: string) => menu.getByRole('option', { name });
      expect(await menu.getByRole('option').allInnerTexts()).toEqual(
        expect.arrayContaining(['Any', 'BER-01', 'YRK-04']) as string[],
      );
      await choose(page, option('BER-01'));
      await choose(page, option('YRK-04'));
      await expectAccessible(page);
      expect(await option('YRK-04').getAttribute('aria-selected')).toBe('true');
      await leave(page);
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(parametersOf(page).getAll('store_code.is')).toEqual(['BER-01', 'YRK-04']);
      const chosen = new Set(['BER-01', 'YRK-04']);
      await expect.poll(async () => new Set(await facts(page, 'store code'))).toEqual(chosen);
      expect((await titles(page)).length).toBe(20);

      await open(page, 'Store code:');
      await choose(page, option('Any'));
      await leave(page);
      await expect
        .poll(async () => new Set(await facts(page, 'store code')).size)
        .toBeGreaterThan(2);
      expect(parametersOf(page).has('store_code.is')).toBe(false);
      expect(visit.faults).toEqual([]);
    });

    test('a time is narrowed to an age and to a date, and no more', async () => {
      const [middle] = await site.system.database.sql<{ day: string }>(
        `select to_char(last_updated, 'YYYY-MM-DD') as day from public.products_with_increment
         order by last_updated desc offset 10 limit 1`,
      );
      const day = middle?.day ?? '';
      await using visit = await site.open('/?q=travel');
      const { page } = visit;
      const menu = await open(page, 'Last updated');
      await expectAccessible(page);
      await choose(page, menu.getByRole('option', { name: 'Past year' }));
      await closed(page, 'Last updated:');
      expect(parametersOf(page).get('last_updated.min')).toBe('year');

      await open(page, 'Last updated:');
      const date = menu.getByLabel('Since');
      if (by === 'keyboard') {
        await page.keyboard.press('Tab');
        expect(await hasFocus(date)).toBe(true);
      }
      await date.fill(day);
      await leave(page);
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(parametersOf(page).get('last_updated.min')).toBe(day);
      const since = new Date(`${day}T00:00`).toISOString();
      const found = await products(`last_updated >= '${since}'`);
      expect(found.length).toBeLessThan(20);
      await expect.poll(async () => (await titles(page)).toSorted()).toEqual(found);

      await open(page, 'Last updated:');
      await choose(page, menu.getByRole('option', { name: 'Any time' }));
      await closed(page, 'Last updated');
      await expect.poll(() => titles(page)).toHaveLength(20);
      expect(parametersOf(page).has('last_updated.min')).toBe(false);
      expect(visit.faults).toEqual([]);
    });

    test('another index is chosen and searched, and a link leads there', async () => {
      await using visit = await site.open('/?q=travel');
      const { page } = visit;
      await page.locator('.results .fact[data-column="price"]').first().waitFor();
      const menu = await open(page, 'Index: products');
      const option = (name: string) => menu.getByRole('option', { name });
      await expectAccessible(page);
      expect(await option('team').innerText()).toContain('the key in Secret team');
      await choose(page, option('store-inventory'));
      await closed(page, 'Index: store-inventory');
      expect(parametersOf(page).get('index')).toBe('store-inventory');
      await page.locator('.results .fact[data-column="store code"]').first().waitFor();

      await page.reload();
      await page.locator('.results .fact[data-column="store code"]').first().waitFor();
      await open(page, 'Index: store-inventory');
      await choose(page, option('products'));
      await closed(page, 'Index: products');
      await page.locator('.results .fact[data-column="price"]').first().waitFor();
      expect(parametersOf(page).has('index')).toBe(false);

      await page.goBack();
      await page.locator('.results .fact[data-column="store code"]').first().waitFor();
      expect(visit.faults).toEqual([]);
    });
  });

  test('an index that cannot be searched here says why', async () => {
    await using visit = await site.open('/?index=team&q=travel');
    await visit.page.getByRole('alert').getByText('the key in Secret team').waitFor();
  });
});
