import { encodeKey } from '@aviary/change-job';
import { Random } from './random.ts';
import { tables, type Key, type Row, type StormTable } from './tables.ts';

/** Part of a text that the embedder refuses. */
const refusedText = 'this text is not to be embedded';

/** A row that can never be a record, and where on the way that shows. */
interface PoisonRow {
  table: StormTable;
  key: Key;
  stage: 'render' | 'embed' | 'upsert';
  row: Row;
}

const [articles, shelves] = tables;
const random = new Random(1);

/** Rows that no client touches but to put them back after a TRUNCATE. */
export const poison: readonly PoisonRow[] = [
  poisonRow(articles, ['1000000001'], 'render', { title: 'x'.repeat(45_000) }),
  poisonRow(articles, ['1000000002'], 'embed', { body: refusedText }),
  poisonRow(articles, ['1000000003'], 'upsert', {}),
  poisonRow(shelves, ['poison', 'remark'], 'render', { remark: 'é'.repeat(21_000) }),
  poisonRow(shelves, ['poison', 'label'], 'embed', { label: refusedText }),
  poisonRow(shelves, ['poison', 'record'], 'upsert', {}),
];

export const poisonOf = (table: StormTable): Row[] =>
  poison.filter((each) => each.table === table).map(({ row }) => row);

export const refusesText = (text: string): boolean => text.includes(refusedText);

const refusedIds = new Set(
  poison.filter(({ stage }) => stage === 'upsert').map(({ key }) => encodeKey(key)),
);
export const refusesRecord = (id: string): boolean => refusedIds.has(id);

function poisonRow(table: StormTable, key: Key, stage: PoisonRow['stage'], change: Row): PoisonRow {
  const sound = Object.fromEntries(table.text.map((column) => [column, `poison ${key.join()}`]));
  return { table, key, stage, row: { ...table.row(key, 0, random), ...sound, ...change } };
}
