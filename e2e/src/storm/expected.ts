import { hash } from 'node:crypto';
import { encodeKey } from '@aviary/change-job';
import type pg from 'pg';
import { rowName } from './ledger.ts';
import { poison } from './poison.ts';
import { asJson, dimensions, embeddingModel, keyOf, tables, type Row } from './tables.ts';

/** What the record of a row has to be, beside its version and its time. */
export interface ExpectedRecord {
  id: string;
  text: string;
  /** The user's columns. */
  metadata: Record<string, unknown>;
  contentHash: string;
}

/** Rows that cannot be records. */
export const poisonNames: ReadonlySet<string> = new Set(
  poison.map(({ table, key }) => rowName(table.name, encodeKey(key))),
);

/** The records that the tables' present rows ask for, by row; worked out here, not by pelican's code. */
export async function expectedRecords(client: pg.Client): Promise<Map<string, ExpectedRecord>> {
  await client.query('set timezone = utc');
  const expected = new Map<string, ExpectedRecord>();
  for (const table of tables) {
    const { rows } = await client.query<{ row: Row }>(
      `select ${asJson(table)} as row from ${table.relation} t`,
    );
    for (const { row } of rows) {
      const text = table.textOf(row);
      const id = encodeKey(keyOf(table, row));
      const name = rowName(table.name, id);
      if (text === '' || poisonNames.has(name)) continue;
      expected.set(name, {
        id,
        text,
        metadata: table.metadataOf(row),
        contentHash: hash('sha256', `${embeddingModel}\n${dimensions}\n${text}`, 'base64url').slice(
          0,
          22,
        ),
      });
    }
  }
  return expected;
}
