import type { PoolClient } from '@aviary/postgres';
import { RetryableError } from '@aviary/runtime';
import type { CapturedTable } from './capture.ts';
import type { ClaimedRow } from './claimed-row.ts';
import { readRowsByKey } from './read-rows.ts';
import { splitKey } from './row-sql.ts';

/** Changes whose partitions are locked until the transaction ends. */
export type Claim = readonly OutboxRow[];

export interface OutboxRow {
  place: string;
  partition: number;
  seq: string;
  source_id: number;
  keys: string[];
  text_is_new: boolean | null;
  captured_at: Date;
  version: string;
}

/** Claims about `maxKeys` changed keys, of changes from seq `since` on. */
export async function claim(
  client: PoolClient,
  tables: ReadonlyMap<number, CapturedTable>,
  maxKeys: number,
  since: number,
): Promise<Claim> {
  const { rows } = await client.query<OutboxRow>({
    name: 'claim',
    text: 'select * from aviary.claim($1, $2, $3)',
    values: [[...tables.keys()], maxKeys, since],
  });
  return rows;
}

/**
 * Reads the claimed rows as they are now, each once. Reading after claiming is what makes it right: a change
 * that is not read yet has an outbox row that is not claimed yet.
 *
 * @param publishBy until when they may be published, in milliseconds since the epoch
 * @throws SourceFault when a table cannot be read
 */
export async function readClaimed(
  client: PoolClient,
  tables: ReadonlyMap<number, CapturedTable>,
  claimed: Claim,
  publishBy: number,
): Promise<ClaimedRow[]> {
  const rows: ClaimedRow[] = [];
  for (const [sourceId, outboxRows] of Map.groupBy(claimed, (row) => row.source_id)) {
    const table = tables.get(sourceId);
    if (table === undefined) continue;
    const rowsNow = await readRows(client, table, coalesce(outboxRows), publishBy).catch(
      (error: unknown) => {
        throw error instanceof RetryableError || !(error instanceof Error)
          ? error
          : new SourceFault(table, error);
      },
    );
    rows.push(...rowsNow);
  }
  return rows;
}

/** The table's rows can't be read, though Postgres is well: it was altered or dropped. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
  readonly table: CapturedTable;

  constructor(table: CapturedTable, cause: Error) {
    super(
      `SemanticIndex "${table.index.name}": reading ${table.relation} failed: ${cause.message}; mend the table or the spec and restart pelican. Its changes are kept.`,
      { cause },
    );
    this.table = table;
  }
}

/** The newest change of one key. */
export interface KeyChange {
  version: number;
  /** Orders the changes; of no meaning once they are coalesced. */
  seq: number;
  changedAt: number;
  /** Whether no stored vector can serve; null when that is open. */
  textIsNew: boolean | null;
}

/**
 * The newest version of each key. A text is new when a change says so and none leaves it open: a row that was
 * deleted and inserted again may come back with the text it had.
 */
export function coalesce(
  rows: readonly Pick<OutboxRow, 'seq' | 'version' | 'keys' | 'text_is_new' | 'captured_at'>[],
): Map<string, KeyChange> {
  const newest = new Map<string, KeyChange>();
  for (const row of rows) {
    const seq = Number(row.seq);
    const version = Number(row.version);
    const changedAt = row.captured_at.getTime();
    for (const key of row.keys) {
      const known = newest.get(key);
      if (known === undefined) {
        newest.set(key, { version, seq, changedAt, textIsNew: row.text_is_new });
        continue;
      }
      if (seq > known.seq) {
        known.seq = seq;
        known.changedAt = changedAt;
      }
      known.textIsNew =
        known.textIsNew === null || row.text_is_new === null
          ? null
          : known.textIsNew || row.text_is_new;
    }
  }
  return newest;
}

async function readRows(
  client: PoolClient,
  table: CapturedTable,
  changes: Map<string, KeyChange>,
  publishBy: number,
): Promise<ClaimedRow[]> {
  const keys: string[][] = [];
  const ofKeys: KeyChange[] = [];
  for (const [text, change] of changes) {
    const key = splitKey(text, table.key.length);
    if (key === undefined) continue;
    keys.push(key);
    ofKeys.push(change);
  }
  const values = await readRowsByKey(client, table, keys);
  return ofKeys.map(({ version, changedAt, textIsNew }, position) => ({
    table,
    key: keys[position] ?? [],
    version,
    changedAt,
    publishBy,
    textIsNew: textIsNew === true,
    values: values[position],
  }));
}

/**
 * Removes what a claim took from the outbox: part of the claim's own transaction. By place: no plan can go wrong.
 */
export async function removeClaimed(client: PoolClient, claimed: Claim): Promise<void> {
  await client.query({
    name: 'remove_claimed',
    text: 'delete from aviary.outbox where ctid = any ($1::tid[])',
    values: [claimed.map(({ place }) => place)],
  });
}
