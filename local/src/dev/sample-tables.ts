import type { Client } from 'pg';
import {
  createInventoryTable,
  createProductsTable,
  loadInventory,
  loadProducts,
} from '../products/index.ts';
import { createProgress } from './progress.ts';

const inventoryRows = 500;

/** Makes the sample tables, and fills them up to so many rows; rows that are there stay as they are. */
export async function fillSampleTables(
  client: Client,
  connectionString: string,
  rows: number,
  signal: AbortSignal,
): Promise<void> {
  await createProductsTable(client);
  await createInventoryTable(client);
  if ((await countRows(client, 'store_inventory')) === 0) {
    await loadInventory(connectionString, { count: inventoryRows, seed: 1, signal });
  }
  const present = await countRows(client, 'products_with_increment');
  if (present >= rows) return;
  const progress = createProgress('Products', rows - present, 'rows');
  try {
    await loadProducts(connectionString, {
      count: rows - present,
      from: present,
      seed: 1,
      onProgress: (done) => progress.update(done),
      signal,
    });
  } finally {
    progress.stop();
  }
}

/**
 * The local queue is in memory: what was on its way when it stopped is gone. So all rows are walked again
 * and records without a row are taken out; what is as it was costs no embedding.
 */
export async function mendAfterQueueLoss(client: Client): Promise<void> {
  const { rows } = await client.query(
    "select to_regclass('aviary.backfill') is not null as installed",
  );
  if ((rows[0] as { installed: boolean }).installed) {
    await client.query(
      `update aviary.backfill
       set requested_at = now(), last_key = null, processed = 0, total = 0,
           walked_at = null, finished_at = null`,
    );
  }
}

async function countRows(client: Client, table: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from public.${table}`,
  );
  return rows[0]?.count ?? 0;
}
