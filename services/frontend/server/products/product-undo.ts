import { query, transaction, type Pool } from '@aviary/postgres';
import type { Product, SavedProduct } from '../../shared/product.ts';
import { knownColumns, productColumns, toProduct, type ProductRow } from './product-row.ts';
import { lockSkus } from './sku-lock.ts';
import { nowMs } from './product-table.ts';

/** How long the shape of the table is believed, in milliseconds. */
const keepMs = 60_000;

/** Puts deleted rows back. */
export class ProductUndo {
  readonly #pool: Pool;
  readonly #relation: string;
  #restorable: { asOf: number; answer: Promise<boolean> } | undefined;

  constructor(pool: Pool, relation: string) {
    this.#pool = pool;
    this.#relation = relation;
  }

  /**
   * Whether a row can be put back whole. Not where the table has other columns than a product's, save generated ones,
   * nor where a deletion reaches rows of other tables.
   */
  restorable(): Promise<boolean> {
    if (this.#restorable && performance.now() - this.#restorable.asOf < keepMs) {
      return this.#restorable.answer;
    }
    const answer = query<{ restorable: boolean }>(
      this.#pool,
      'looking at the products table',
      `select not exists (
           select from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
             and attgenerated = '' and attname <> all ($2)
         ) and not exists (
           select from pg_constraint
           where confrelid = $1::regclass and contype = 'f' and confdeltype in ('c', 'n', 'd')
         ) as restorable`,
      [this.#relation, knownColumns],
    ).then(([row]) => row?.restorable ?? false);
    this.#restorable = { asOf: performance.now(), answer };
    answer.catch(() => (this.#restorable = undefined));
    return answer;
  }

  /** @returns what stands in the way, when the product is not put back. */
  async restore(product: Product): Promise<SavedProduct | { taken: 'id' | 'sku' }> {
    return transaction(this.#pool, 'putting a product back', async (client) => {
      await lockSkus(client, this.#relation);
      const time = await client.query<{ now: number }>(`select ${nowMs} as now`);
      const { id, name, sku, description, price, createdAt, lastUpdated, uuid } = product;
      const written = await client.query<ProductRow>(
        `insert into ${this.#relation}
           (id, name, sku, description, price, created_at, last_updated, uuid) overriding system value
         select $1, $2, $3, $4, $5, $6::timestamptz, $7::timestamptz, $8::uuid
         where not exists (select from ${this.#relation} where sku = $3::text)
         on conflict (id) do nothing returning ${productColumns}`,
        [id, name, sku, description, price, createdAt, lastUpdated, uuid],
      );
      if (written.rows[0]) {
        const savedAt = time.rows[0]?.now ?? 0;
        return { product: toProduct(written.rows[0]), savedAt, reachesSearch: true };
      }
      const namesake = await client.query(`select from ${this.#relation} where id = $1`, [id]);
      return { taken: namesake.rowCount === 0 ? 'sku' : 'id' };
    });
  }
}
