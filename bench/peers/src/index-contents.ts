import { VectorIndex } from '@aviary/vector-index';
import type { System } from '../../src/system.ts';

/** What the index should hold of a row, and does: its price tells its last edit. */
export interface Contents {
  /** Price by id. */
  table: Map<string, number>;
  index: Map<string, number>;
}

/** Rows that the index has no record of, or one of an earlier value, and records of rows that are gone. */
export function differing({ table, index }: Contents): string[] {
  const gone = [...index.keys()].filter((id) => !table.has(id));
  const behind = [...table].filter(([id, price]) => index.get(id) !== price).map(([id]) => id);
  return [...gone, ...behind];
}

/** The index that all peers write to. */
export class ReadableIndex {
  readonly #system: System;
  readonly #index: VectorIndex;

  private constructor(system: System, index: VectorIndex) {
    this.#system = system;
    this.#index = index;
  }

  /** Made where it is absent. */
  static async of(system: System): Promise<ReadableIndex> {
    const index = new VectorIndex({
      apiKey: 'local',
      controllerHostUrl: system.environment.PINECONE_CONTROLLER_URL ?? '',
      index: 'aviary',
      namespace: 'products',
    });
    await index.ensure({ dimension: 384, metric: 'cosine' });
    return new ReadableIndex(system, index);
  }

  async contents(): Promise<Contents> {
    const { rows } = await this.#system.database.client.query<{ id: string; price: string }>(
      'select id, price from products_with_increment',
    );
    const table = new Map(rows.map(({ id, price }) => [id, Number(price)]));
    const index = new Map<string, number>();
    for await (const ids of this.#index.listIds())
      for (const [id, { metadata }] of await this.#index.fetch(ids))
        index.set(id, Number(metadata.price));
    return { table, index };
  }
}
