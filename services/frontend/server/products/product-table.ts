import { query, quoteIdentifier, transaction, type Pool, type ReadPool } from '@aviary/postgres';
import { parseTemplate, type SemanticIndex } from '@aviary/semantic-index';
import {
  editableColumns,
  mostCounted,
  type NewProduct,
  type Product,
  type ProductChange,
  type ProductFilter,
  type SavedProduct,
  type SortableColumn,
} from '../../shared/product.ts';
import { conditionOf } from './product-filter.ts';
import { productColumns, toProduct, type ProductRow } from './product-row.ts';

const sortColumn: Record<SortableColumn, string> = {
  id: 'id',
  name: 'name',
  sku: 'sku',
  price: 'price',
  lastUpdated: 'last_updated',
};

export interface ProductDatabase {
  /** Of the primary, for writes and for what they follow from. */
  pool: Pool;
  reads: Pick<ReadPool, 'query'>;
}

export interface PageRequest {
  page: number;
  pageSize: number;
  sort: SortableColumn;
  order: 'asc' | 'desc';
  filter: ProductFilter;
}

/** The key is never null, and its index gives it both ways: of a million rows the last in 1 ms, not in 500. */
const orderBy = (sort: SortableColumn, order: PageRequest['order']) =>
  sort === 'id'
    ? `row.id ${order}`
    : `row.${sortColumn[sort]} ${order === 'desc' ? 'desc nulls last' : 'asc'}, row.id`;

/** A write; or why there was none: the row is gone, or has another version by now. */
export type WriteOutcome = SavedProduct | { current: Product | undefined };

/** The table behind the page. Every method throws RetryableError while Postgres is away. */
export class ProductTable {
  readonly #pool: Pool;
  readonly #reads: Pick<ReadPool, 'query'>;
  /** Columns whose changes go to the index. */
  #watched: ReadonlySet<string> = new Set();
  /** Quoted, with its schema. */
  readonly relation: string;

  constructor({ pool, reads }: ProductDatabase, source: SemanticIndex['source']) {
    this.#pool = pool;
    this.#reads = reads;
    this.watch(source);
    this.relation = `${quoteIdentifier(source.schema)}.${quoteIdentifier(source.table)}`;
  }

  /** From now on these columns go to the index. */
  watch({ text, metadata }: Pick<SemanticIndex['source'], 'text' | 'metadata'>): void {
    this.#watched = new Set([...parseTemplate(text).columns, ...metadata]);
  }

  /** A page, in an order that leaves no two rows to chance. */
  async page({ page, pageSize, sort, order, filter }: PageRequest): Promise<Product[]> {
    const { sql, values } = conditionOf(filter) ?? { sql: 'true', values: [] };
    const rows = await this.#reads.query<ProductRow>(
      'reading products',
      `select ${productColumns} from ${this.relation} as row where ${sql}
       order by ${orderBy(sort, order)}
       limit $${values.length + 1} offset $${values.length + 2}`,
      [...values, pageSize, (page - 1) * pageSize],
    );
    return rows.map(toProduct);
  }

  /** How many rows a filter finds, up to one more than {@link mostCounted}: what is common is soon counted so far. */
  async countMatches(filter: ProductFilter): Promise<number> {
    const { sql, values } = conditionOf(filter) ?? { sql: 'true', values: [] };
    const [row] = await this.#reads.query<{ count: number }>(
      'counting products',
      `select count(*)::float8 as count
       from (select from ${this.relation} as row where ${sql} limit ${mostCounted + 1}) found`,
      values,
    );
    return row?.count ?? 0;
  }

  /** The rows there are of these keys, by key. */
  async byIds(ids: readonly number[]): Promise<Map<number, Product>> {
    const rows = await this.#reads.query<ProductRow>(
      'reading products',
      `select ${productColumns} from ${this.relation} where id = any ($1::bigint[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, toProduct(row)]));
  }

  async insert(product: NewProduct): Promise<SavedProduct> {
    const saved = await this.#write(
      'adding a product',
      `insert into ${this.relation} (name, sku, description, price, created_at, last_updated, uuid)
       values ($1, $2, $3, $4, now(), now(), gen_random_uuid()) returning ${productColumns}`,
      [product.name, product.sku, product.description, product.price],
    );
    if (!('savedAt' in saved)) throw new Error('The insert gave no row back.');
    return saved;
  }

  /** @param version that the row must have; undefined writes over any. */
  async update(
    id: number,
    change: ProductChange,
    version: string | undefined,
  ): Promise<WriteOutcome> {
    const changed = editableColumns.filter((column) => change[column] !== undefined);
    const assignments = changed.map((column, position) => `${column} = $${position + 3}`);
    return this.#write(
      'saving a product',
      `update ${this.relation} set ${assignments.join(', ')}, last_updated = clock_timestamp()
       where id = $1 and xmin::text = coalesce($2, xmin::text) returning ${productColumns}`,
      [id, version ?? null, ...changed.map((column) => change[column])],
      { id, reachesSearch: ['last_updated', ...changed].some((name) => this.#watched.has(name)) },
    );
  }

  /** @param version that the row must have; undefined deletes any. */
  async delete(id: number, version: string | undefined): Promise<WriteOutcome> {
    return this.#write(
      'deleting a product',
      `delete from ${this.relation} where id = $1 and xmin::text = coalesce($2, xmin::text)
       returning ${productColumns}`,
      [id, version ?? null],
      { id },
    );
  }

  /** Which of these rows there are, and the database's time in milliseconds since the epoch. */
  async presence(ids: readonly number[]): Promise<{ present: Set<number>; now: number }> {
    const [row] = await query<{ present: number[]; now: number }>(
      this.#pool,
      'looking for products',
      `select array(select id::float8 from ${this.relation} where id = any ($1::bigint[])) as present,
              ${nowMs} as now`,
      [ids],
    );
    return { present: new Set(row?.present), now: row?.now ?? 0 };
  }

  /**
   * The time is read before the write, so that it is never later than the time of its capture.
   *
   * @param options.id of the row to answer with where nothing is written.
   */
  async #write(
    action: string,
    sql: string,
    values: unknown[],
    { id, reachesSearch = true }: { id?: number; reachesSearch?: boolean } = {},
  ): Promise<WriteOutcome> {
    return transaction(this.#pool, action, async (client) => {
      const time = await client.query<{ now: number }>(`select ${nowMs} as now`);
      const written = await client.query<ProductRow>(sql, values);
      if (written.rows[0]) {
        const savedAt = time.rows[0]?.now ?? 0;
        return { product: toProduct(written.rows[0]), savedAt, reachesSearch };
      }
      const current = await client.query<ProductRow>(
        `select ${productColumns} from ${this.relation} where id = $1`,
        [id],
      );
      return { current: current.rows[0] && toProduct(current.rows[0]) };
    });
  }
}

export const nowMs = 'floor(extract(epoch from clock_timestamp()) * 1000)::float8';
