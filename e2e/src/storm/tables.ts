import { join } from 'node:path';
import type { Random } from './random.ts';

/** A row's key, a text for each key column. */
export type Key = readonly string[];
/** A row as JSON that Postgres can make a row of: whole numbers beyond 2^53 as texts. */
export type Row = Record<string, unknown>;

/** A table that the storm writes to, and what its spec makes of it. */
export interface StormTable {
  /** Of its SemanticIndex and its namespace. */
  readonly name: string;
  /** As SQL. */
  readonly relation: string;
  readonly key: readonly string[];
  /** Columns that are part of the embedded text. */
  readonly text: readonly string[];
  /** Columns that are only kept beside the vector. */
  readonly metadata: readonly string[];
  /** Columns that the spec does not name. */
  readonly unwatched: readonly string[];
  /** The keys that the workload uses; the first few are the hot ones. */
  readonly keys: readonly Key[];
  /** For a client's swaps of two keys. */
  readonly spareKey: (client: number) => Key;
  /** A row whose text no other `serial` has. */
  readonly row: (key: Key, serial: number, random: Random) => Row;
  /** The text that is to be embedded; empty when there is nothing to search by. */
  readonly textOf: (row: Row) => string;
  /** The record's metadata beside Aviary's own. */
  readonly metadataOf: (row: Row) => Record<string, unknown>;
}

export const specs = join(import.meta.dirname, 'specs');
export const embeddingModel = 'storm-model';
export const dimensions = 36;

export const createTables = `
  create table article (
    id bigint primary key, title text, body text, price numeric(10, 2), stock bigint, tags text[],
    published boolean, edited_at timestamptz, views integer not null default 0);
  create table "Shelf's ""rows""" (
    "store code" text, slot text, label text, "weight kg" double precision, remark text,
    "inner note" text, primary key ("store code", slot))`;

const oddTexts = [
  '',
  ' two  spaces ',
  '"quoted" \\ back',
  'ünï 日本 🦤',
  'tab\tand\nline',
  "it's {1,2}",
];

const nothing = (text: unknown) => typeof text !== 'string' || text.trim() === '';
const orNothing = (text: unknown) => (typeof text === 'string' ? text : '');

/** Pinecone knows no null. */
const withoutNulls = (metadata: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));

const articles: StormTable = {
  name: 'articles',
  relation: 'article',
  key: ['id'],
  text: ['title', 'body'],
  metadata: ['price', 'stock', 'tags', 'published', 'edited_at'],
  unwatched: ['views'],
  keys: [
    ...Array.from({ length: 1_200 }, (_, n) => [String(n + 1)]),
    ...['-1', '0', '9007199254740993', '9223372036854775807', '-9223372036854775808'].map((id) => [
      id,
    ]),
  ],
  spareKey: (client) => [String(500_000 + client)],
  row: ([id], serial, random) => ({
    id,
    title: random.chance(0.06) ? null : `title ${serial} ${random.pick(oddTexts)}`,
    body: random.chance(0.06) ? ' ' : `${random.pick(oddTexts)} body ${serial}`,
    price: random.chance(0.1) ? null : random.between(0, 99_999) / 100,
    stock: random.between(-5, 1_000_000),
    tags: random.chance(0.2) ? null : random.sample(['new', 'old', 'a,b', '{}', '"', null], 2),
    published: random.pick([true, false, null]),
    edited_at: random.chance(0.1) ? null : new Date(1.6e12 + random.between(0, 1e9)).toISOString(),
    views: random.between(0, 1_000),
  }),
  textOf: ({ title, body }) =>
    nothing(title) && nothing(body) ? '' : `${orNothing(title)}\n${orNothing(body)}`.trim(),
  metadataOf: ({ title, price, stock, tags, published, edited_at }) =>
    withoutNulls({
      title,
      price,
      stock,
      tags: Array.isArray(tags) ? tags.filter((tag) => tag !== null) : null,
      published,
      edited_at: typeof edited_at === 'string' ? Date.parse(edited_at) / 1_000 : null,
    }),
};

const stores = [
  'a',
  'a:b',
  'b:c',
  '',
  '%',
  'ünï',
  '日本',
  '🦤',
  '"',
  '\\',
  "it's",
  '{,}',
  ' lead',
  'tab\t',
];
const slots = [
  ...['1', '2', 'b:c', 'c', '', '%3A', '[1]', 'null', '🦤🦤', 'é'],
  ...Array.from({ length: 50 }, (_, n) => `slot ${n}`),
];

const shelves: StormTable = {
  name: 'shelves',
  relation: `"Shelf's ""rows"""`,
  key: ['store code', 'slot'],
  text: ['label'],
  metadata: ['weight kg', 'remark'],
  unwatched: ['inner note'],
  keys: stores.flatMap((store) => slots.map((slot) => [store, slot])),
  spareKey: (client) => ['spare', String(client)],
  row: ([store, slot], serial, random) => ({
    'store code': store,
    slot,
    label: random.chance(0.08)
      ? random.pick([null, '  '])
      : `label ${serial} ${random.pick(oddTexts)}`,
    'weight kg': random.chance(0.1) ? null : random.next() * 1e3,
    remark: random.chance(0.3) ? null : random.pick(oddTexts),
    'inner note': `note ${serial}`,
  }),
  textOf: ({ label }) => (nothing(label) ? '' : `Shelf: ${orNothing(label)}`.trim()),
  metadataOf: ({ label, remark, ...row }) =>
    withoutNulls({ label, 'weight kg': row['weight kg'], remark }),
};

/** In the order in which every transaction locks them. */
export const tables: readonly [StormTable, StormTable] = [articles, shelves];

export const keyOf = (table: StormTable, row: Row): Key =>
  table.key.map((column) => String(row[column]));

/** Row `t` as JSON in SQL; its key as text, since JavaScript's numbers end at 2^53. */
export const asJson = ({ key }: StormTable): string =>
  `to_jsonb(t) || jsonb_build_object(${key.map((column) => `'${column}', t."${column}"::text`).join(', ')})`;

export const columnsOf = ({ key, text, metadata, unwatched }: StormTable): string[] => [
  ...key,
  ...text,
  ...metadata,
  ...unwatched,
];
