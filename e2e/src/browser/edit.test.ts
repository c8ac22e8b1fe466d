import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';
import { startWebsite, type Website } from './website.ts';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('the table edited in a browser', () => {
  let site: Website;
  beforeAll(async () => {
    site = await startWebsite(chromium ?? '', { rows: 30 });
  }, 180_000);
  afterAll(() => site[Symbol.asyncDispose]());

  test('by keyboard alone: an edit shows its way, and search shows what was written', async () => {
    await using opened = await site.open('/?tab=table');
    const { page } = opened;
    const name = page.getByRole('button', { name: /^name:/i }).first();
    await name.waitFor();
    const focused = page.locator('tbody button.cell:focus');
    // By Tab from the top: the table is one stop, the cell that is current.
    for (let stops = 0; stops < 60; stops += 1) {
      await page.keyboard.press('Tab');
      if ((await focused.count()) > 0) break;
    }
    await page.keyboard.press('F2');
    await page.keyboard.type('Hand-blown zanfirico vase');
    await page.keyboard.press('Enter');

    const way = page.getByRole('list', { name: 'The way into search' });
    await way.getByText('Searchable').waitFor();
    await way.locator('li.last.done').waitFor();
    expect(await way.innerText()).toMatch(/Saved[^]*Queued[^]*Embedded[^]*Searchable\s*[\d.]+ m?s/);

    await page
      .getByRole('tab', { name: 'Search' })
      .or(page.getByRole('link', { name: 'Search' }))
      .first()
      .click();
    await page.getByRole('searchbox').fill('Hand-blown zanfirico vase');
    await page.getByRole('listitem').filter({ hasText: 'zanfirico' }).first().waitFor();
    expect(opened.faults).toEqual([]);
  });

  test('who edits what somebody has changed meanwhile is shown both', async () => {
    await using opened = await site.open('/?tab=table');
    const { page } = opened;
    const row = page.locator('tbody tr').first();
    const sku = await row.getByRole('button', { name: /^sku:/i }).innerText();
    await row.getByRole('button', { name: /^price:/i }).click();
    const { sql } = site.system.database;
    await sql(`update public.products_with_increment set price = 77.5 where sku = '${sku}'`);
    await page.keyboard.type('12.34');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('alertdialog');
    await dialog.waitFor();
    const text = await dialog.innerText();
    expect(text).toContain('77.5');
    expect(text).toContain('12.34');
    const kept = await sql(`select from public.products_with_increment where price = 77.5`);
    expect(kept).toHaveLength(1);
  });

  test('a deleted row leaves search, and comes back by Undo', async () => {
    await using opened = await site.open('/?tab=table');
    const { page } = opened;
    const { sql } = site.system.database;
    const count = async () =>
      (
        await sql<{ count: number }>(
          'select count(*)::integer as count from public.products_with_increment',
        )
      )[0]?.count;
    await page
      .getByRole('button', { name: /delete/i })
      .first()
      .click();
    const confirmation = page.getByRole('dialog').getByRole('button', { name: /delete/i });
    const undo = page.getByRole('button', { name: 'Undo', exact: true });
    await confirmation.or(undo).first().waitFor();
    if (await confirmation.isVisible()) await confirmation.click();
    await undo.waitFor();
    expect(await count()).toBe(29);
    await undo.click();
    await expect.poll(count).toBe(30);
    expect(opened.faults).toEqual([]);
  });
});
