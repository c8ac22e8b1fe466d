import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { poisonOf } from './poison.ts';
import type { Random } from './random.ts';
import { asJson, columnsOf, type Key, type Row, type StormTable } from './tables.ts';
import type { Step } from './workload-plan.ts';

/**
 * Carries out a step whose keys the client has locked, or one statement on one row that need not exist. What cannot be
 * done, as rekeying a row that is not there, does nothing.
 */
export async function runStep(client: pg.Client, step: Step, random: Random): Promise<void> {
  const { table, keys, serial } = step;
  const rows = keys.map((key, position) => table.row(key, serial + position, random));
  const [first, second] = rows;
  switch (step.kind) {
    case 'insert':
    case 'insert-many':
      await insert(client, table, rows, 'on conflict do nothing');
      return;
    case 'copy':
      await copy(client, table, await absent(client, table, rows));
      return;
    case 'upsert':
      await insert(client, table, rows, onConflictUpdate(table));
      return;
    case 'update-text':
      await update(client, table, table.text, rows);
      return;
    case 'update-metadata':
      await update(client, table, table.metadata, rows);
      return;
    case 'touch-poison':
      await update(client, table, table.metadata.slice(0, 1), rows);
      return;
    case 'update-unwatched':
      await update(client, table, table.unwatched, rows);
      return;
    case 'delete':
      await remove(client, table, rows);
      return;
    case 'rekey':
      await rekey(client, table, keys[0], keys[1]);
      return;
    case 'swap':
      await rekey(client, table, keys[0], keys[2]);
      await rekey(client, table, keys[1], keys[0]);
      await rekey(client, table, keys[2], keys[1]);
      return;
    case 'reuse':
      if (first === undefined || second === undefined) return;
      await remove(client, table, [second]);
      await rekey(client, table, keys[0], keys[1]);
      await insert(client, table, [first], 'on conflict do nothing');
      return;
    case 'reinsert-same':
      await insert(client, table, await remove(client, table, rows), 'on conflict do nothing');
      return;
    case 'reinsert-other':
      await remove(client, table, rows);
      await insert(client, table, rows, 'on conflict do nothing');
      return;
    case 'truncate':
      await client.query(`truncate ${table.relation}`);
      await insert(client, table, poisonOf(table), 'on conflict do nothing');
  }
}

const quoted = (column: string) => `"${column.replaceAll('"', '""')}"`;
const asRows = (table: StormTable) =>
  `jsonb_populate_recordset(null::${table.relation}, $1::jsonb)`;
const sameKey = ({ key }: StormTable) =>
  key.map((column) => `t.${quoted(column)} = new.${quoted(column)}`).join(' and ');
const assign = (columns: readonly string[], source: string) =>
  columns.map((column) => `${quoted(column)} = ${source}.${quoted(column)}`).join(', ');

function onConflictUpdate(table: StormTable): string {
  const { key, text, metadata } = table;
  return `on conflict (${key.map(quoted).join(', ')}) do update set ${assign([...text, ...metadata], 'excluded')}`;
}

/** Puts rows in. */
export async function insert(
  client: pg.ClientBase,
  table: StormTable,
  rows: readonly Row[],
  onConflict: string,
): Promise<void> {
  if (rows.length === 0) return;
  await client.query(`insert into ${table.relation} select * from ${asRows(table)} ${onConflict}`, [
    JSON.stringify(rows),
  ]);
}

async function update(
  client: pg.Client,
  table: StormTable,
  columns: readonly string[],
  rows: readonly Row[],
): Promise<void> {
  await client.query(
    `update ${table.relation} t set ${assign(columns, 'new')} from ${asRows(table)} new where ${sameKey(table)}`,
    [JSON.stringify(rows)],
  );
}

async function remove(client: pg.Client, table: StormTable, rows: readonly Row[]): Promise<Row[]> {
  const removed = await client.query<{ row: Row }>(
    `delete from ${table.relation} t using ${asRows(table)} new where ${sameKey(table)}
     returning ${asJson(table)} as row`,
    [JSON.stringify(rows)],
  );
  return removed.rows.map(({ row }) => row);
}

async function rekey(
  client: pg.Client,
  { relation, key }: StormTable,
  from: Key | undefined,
  to: Key | undefined,
): Promise<void> {
  if (from === undefined || to === undefined) return;
  const is = (key_: readonly string[], alias: string, first: number) =>
    key_.map((column, n) => `${alias}.${quoted(column)} = $${first + n}`).join(' and ');
  const set = key.map((column, n) => `${quoted(column)} = $${key.length + 1 + n}`).join(', ');
  await client.query(
    `update ${relation} t set ${set} where ${is(key, 't', 1)}
     and not exists (select from ${relation} other where ${is(key, 'other', key.length + 1)})`,
    [...from, ...to],
  );
}

async function absent(client: pg.Client, table: StormTable, rows: Row[]): Promise<Row[]> {
  const { rows: found } = await client.query<{ position: number }>(
    `select new.position::integer from ${asRows(table)} with ordinality
       as new(${[...columnsOf(table).map(quoted), 'position'].join(', ')})
     where not exists (select from ${table.relation} t where ${sameKey(table)})`,
    [JSON.stringify(rows)],
  );
  const positions = new Set(found.map(({ position }) => position - 1));
  return rows.filter((_, position) => positions.has(position));
}

async function copy(client: pg.Client, table: StormTable, rows: readonly Row[]): Promise<void> {
  const columns = columnsOf(table);
  const lines = rows.map((row) => `${columns.map((column) => csvValue(row[column])).join(',')}\n`);
  await pipeline(
    Readable.from(lines.length > 0 ? lines : ['']),
    client.query(
      copyFrom(
        `copy ${table.relation} (${columns.map(quoted).join(', ')}) from stdin with (format csv)`,
      ),
    ),
  );
}

function csvValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = Array.isArray(value) ? arrayLiteral(value) : textOf(value);
  return `"${text.replaceAll('"', '""')}"`;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function arrayLiteral(items: readonly unknown[]): string {
  const literal = (item: unknown) =>
    item === null ? 'null' : `"${textOf(item).replaceAll(/["\\]/g, '\\$&')}"`;
  return `{${items.map(literal).join(',')}}`;
}
