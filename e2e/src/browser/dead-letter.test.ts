import { waitUntil } from '@aviary/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';
import { startWebsite, type Website } from './website.ts';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('a dead letter on the page', () => {
  let site: Website;
  beforeAll(async () => {
    site = await startWebsite(chromium ?? '', { rows: 20 });
  }, 180_000);
  afterAll(() => site[Symbol.asyncDispose]());

  test('is listed with its reason, redriven, and its row is in the index', async () => {
    const { system } = site;
    await system.database.sql(
      `insert into public.products_with_increment (id, name, sku, price) values (900, 'Poison', 'P-900', 'NaN')`,
    );
    await waitUntil(
      async () => {
        const { visible, inFlight } = await system.queue.deadLetters.depth();
        return visible + inFlight > 0;
      },
      { what: 'the row without a price that JSON can hold is a dead letter' },
    );

    await using opened = await site.open('/?tab=pipeline');
    const { page } = opened;
    const row = page.getByRole('row').filter({ hasText: 'products 900' });
    await row.waitFor();
    expect(await row.innerText()).toContain('price');

    await system.database.sql(
      `update public.products_with_increment set price = 9, name = 'Mended' where id = 900`,
    );
    await row.getByRole('button', { name: /redrive/i }).click();
    await page.getByRole('status').filter({ hasText: 'redriven' }).waitFor();
    await row.waitFor({ state: 'detached' });
    await waitUntil(
      async () =>
        (await system.index('products').fetch(['900'])).get('900')?.metadata.name === 'Mended',
      { what: 'the row is searchable' },
    );
    expect(opened.faults).toEqual([]);
  });
});
