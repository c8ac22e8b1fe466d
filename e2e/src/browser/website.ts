import { buildPage, pageIsStale } from '@aviary/local/page';
import { freePort } from '@aviary/local/free-port';
import {
  createInventoryTable,
  createProductsTable,
  loadInventory,
  loadProducts,
} from '@aviary/local/products';
import { startService, waitUntil, type ServiceProcess } from '@aviary/testing';
import pg from 'pg';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startSystem, type System } from '../system.ts';

export interface Website extends AsyncDisposable {
  system: System;
  url: string;
  frontend: ServiceProcess;
  emu: ServiceProcess;
  /** A page of its own, which fails the test that sees a fault in the console. */
  open: (path?: string, look?: Look) => Promise<OpenPage>;
}

export interface Look {
  width?: number;
  colorScheme?: 'light' | 'dark';
  /** What is to be there before the page is loaded. */
  prepare?: (page: Page) => Promise<void>;
}

export interface OpenPage extends AsyncDisposable {
  page: Page;
  /** Errors of the page and of its console so far, without those of requests that were answered with an error. */
  faults: string[];
}

/** The whole system with the page, as real processes, and a browser to look at it. */
export async function startWebsite(
  executablePath: string,
  options: Omit<Parameters<typeof startSystem>[0], 'tables' | 'specs'> & {
    rows: number;
    /** Rows of a second table with an index of its own; none: there is no such table. */
    inventory?: number;
    /** Where the page is; any that is free unless it has to be known before. */
    port?: number;
    environment?: Record<string, string>;
  },
): Promise<Website> {
  if (pageIsStale()) await buildPage();
  const { rows, inventory = 0 } = options;
  const namespaces = { products: rows, ...(inventory > 0 && { 'store-inventory': inventory }) };
  const specs = Object.keys(namespaces).map((name) => `examples/${name}.yaml`);
  const system = await startSystem({ ...options, tables: '', specs });
  const client = new pg.Client({ connectionString: system.database.url });
  await client.connect();
  await createProductsTable(client);
  await loadProducts(system.database.url, { count: rows, seed: 1 });
  if (inventory > 0) {
    await createInventoryTable(client);
    await loadInventory(system.database.url, { count: inventory, seed: 1 });
    // A column's choices are known by the planner's statistics.
    await client.query('analyze public.store_inventory');
  }
  await client.end();

  const [pelican, emu] = await Promise.all([system.start('pelican'), system.start('emu')]);
  const { port = await freePort() } = options;
  const frontend = await startService('services/frontend/server/main.ts', {
    ...system.environment,
    HOST: '127.0.0.1',
    PORT: String(port),
    WORKERS: [pelican, emu].map(({ adminUrl }) => adminUrl).join(),
    ...options.environment,
  });
  await frontend.ready();
  for (const [namespace, count] of Object.entries(namespaces)) {
    await waitUntil(
      async () =>
        (await system
          .index(namespace)
          .count()
          .catch(() => 0)) === count,
      { what: `every row of ${namespace} is searchable`, timeoutMs: 120_000 },
    );
  }
  const browser = await launch(executablePath);
  const url = `http://127.0.0.1:${port}`;
  return {
    system,
    url,
    frontend,
    emu,
    open: (path = '/', look = {}) => openPage(browser, `${url}${path}`, look),
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await frontend.stop('SIGKILL');
      await system[Symbol.asyncDispose]();
    },
  };
}

function launch(executablePath: string): Promise<Browser> {
  // Chromium refuses its sandbox to root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args });
}

async function openPage(browser: Browser, url: string, look: Look): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: 900 },
    colorScheme: look.colorScheme ?? 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  // Against hangs alone.
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    if (!message.text().startsWith('Failed to load resource')) faults.push(message.text());
  });
  await look.prepare?.(page);
  await page.goto(url);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}
