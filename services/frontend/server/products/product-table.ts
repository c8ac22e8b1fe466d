import { query, quoteIdentifier, transaction, type Pool, type ReadPool } from '@aviary/postgres';
import type { SemanticIndex } from '@aviary/semantic-index';
import type { NewProduct, Product, ProductChange, SortableColumn } from '../../shared/product.ts';

interface Row extends Omit<Product, 'createdAt' | 'lastUpdated'> {
  createdAt: Date | null;
  lastUpdated: Date | null;
}

/** Casts make one shape of what tables differ in: integer or bigint, numeric or float, with time zone or without. */
const columns = `
  id::float8 as id, name, sku, description, price::float8 as price,
  created_at::timestamptz as "createdAt", last_updated::timestamptz as "lastUpdated", uuid::text as uuid`;

const sortColumn: Record<SortableColumn, string> = {
  id: 'id',
  name: 'name',
  sku: 'sku',
  price: 'price',
  lastUpdated: 'last_updated',
};

/** A write with the database's time just before it, in milliseconds since the epoch. */
export interface Saved<T> {
  value: T;
  savedAt: number;
}

/** The table behind the page. Every method throws RetryableError while Postgres is away. */
export class ProductTable {
  readonly #pool: Pool;
  readonly #reads: ReadPool;
  readonly #relation: string;

  /** @param database the primary, and what may be read from in its place. */
  constructor(database: { pool: Pool; reads: ReadPool }, source: SemanticIndex['source']) {
    this.#pool = database.pool;
    this.#reads = database.reads;
    this.#relation = `${quoteIdentifier(source.schema)}.${quoteIdentifier(source.table)}`;
  }

  /** Exact. Takes about 5 ms per 100,000 rows. */
  async count(): Promise<number> {
    const sql = `select count(*)::float8 as count from ${this.#relation}`;
    const [row] = await this.#reads.query<{ count: number }>('counting products', sql);
    return row?.count ?? 0;
  }

  async page(options: {
    page: number;
    pageSize: number;
    sort: SortableColumn;
    order: 'asc' | 'desc';
  }): Promise<Product[]> {
    const { page, pageSize, sort, order } = options;
    const direction = order === 'desc' ? 'desc nulls last' : 'asc';
    const rows = await this.#reads.query<Row>(
      'reading products',
      `select ${columns} from ${this.#relation} as row
       order by row.${sortColumn[sort]} ${direction}, row.id limit $1 offset $2`,
      [pageSize, (page - 1) * pageSize],
    );
    return rows.map(toProduct);
  }

  /** The rows there are of these keys, by key. */
  async byIds(ids: readonly number[]): Promise<Map<number, Product>> {
    const rows = await this.#reads.query<Row>(
      'reading products',
      `select ${columns} from ${this.#relation} where id = any ($1::bigint[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, toProduct(row)]));
  }

  async insert(product: NewProduct): Promise<Saved<Product>> {
    const saved = await this.#write(
      'adding a product',
      `insert into ${this.#relation} (name, sku, description, price, created_at, last_updated, uuid)
       values ($1, $2, $3, $4, now(), now(), gen_random_uuid()) returning ${columns}`,
      [product.name, product.sku, product.description, product.price],
    );
    if (saved === undefined) throw new Error('The insert gave no row back.');
    return saved;
  }

  /** @returns undefined when there is no such row. */
  async update(id: number, change: ProductChange): Promise<Saved<Product> | undefined> {
    const changed = (['name', 'description', 'price'] as const).filter(
      (column) => change[column] !== undefined,
    );
    const assignments = changed.map((column, position) => `${column} = $${position + 2}`);
    return this.#write(
      'saving a product',
      `update ${this.#relation} set ${assignments.join(', ')}, last_updated = clock_timestamp()
       where id = $1 returning ${columns}`,
      [id, ...changed.map((column) => change[column])],
    );
  }

  /** @returns undefined when there is no such row. */
  async delete(id: number): Promise<Saved<Product> | undefined> {
    return this.#write(
      'deleting a product',
      `delete from ${this.#relation} where id = $1 returning ${columns}`,
      [id],
    );
  }

  /** Whether the row is there, and the database's time in milliseconds since the epoch. */
  async presence(id: number): Promise<{ exists: boolean; now: number }> {
    const [row] = await query<{ exists: boolean; now: number }>(
      this.#pool,
      'looking for a product',
      `select exists (select from ${this.#relation} where id = $1) as exists, ${nowMs} as now`,
      [id],
    );
    return row ?? { exists: false, now: 0 };
  }

  /** The time is read before the write, so that it is never later than the time of its capture. */
  async #write(
    action: string,
    sql: string,
    values: unknown[],
  ): Promise<Saved<Product> | undefined> {
    return transaction(this.#pool, action, async (client) => {
      const time = await client.query<{ now: number }>(`select ${nowMs} as now`);
      const { rows } = await client.query<Row>(sql, values);
      return rows[0] && { value: toProduct(rows[0]), savedAt: time.rows[0]?.now ?? 0 };
    });
  }
}

const nowMs = 'floor(extract(epoch from clock_timestamp()) * 1000)::float8';

function toProduct(row: Row): Product {
  return {
    ...row,
    createdAt: row.createdAt?.toISOString() ?? null,
    lastUpdated: row.lastUpdated?.toISOString() ?? null,
  };
}
