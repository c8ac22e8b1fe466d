import type { SemanticIndex } from '@aviary/semantic-index';
import { Journeys, type JourneysOptions } from './journeys.ts';
import { OutboxQuestions } from './outbox-questions.ts';
import { ProductImport } from './product-import.ts';
import { ProductTable, type ProductDatabase } from './product-table.ts';
import { ProductUndo } from './product-undo.ts';

/** The table of the page, and what is done with it. */
export interface Products {
  table: ProductTable;
  undo: ProductUndo;
  bulk: ProductImport;
  journeys: Journeys;
  /** Goes on with what the spec says now. */
  follow: (spec: SemanticIndex) => void;
}

/** @param index where the products' records are now */
export function connectProducts(
  database: ProductDatabase,
  spec: SemanticIndex,
  index: JourneysOptions['index'],
): Products {
  const { pool } = database;
  const table = new ProductTable(database, spec.source);
  const outbox = new OutboxQuestions(pool, spec);
  return {
    table,
    undo: new ProductUndo(pool, table.relation),
    bulk: new ProductImport(pool, table.relation),
    journeys: new Journeys({ table, index, outbox }),
    follow: (now) => {
      table.watch(now.source);
      outbox.follow(now);
    },
  };
}
