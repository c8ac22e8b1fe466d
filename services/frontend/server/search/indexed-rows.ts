import type { MetadataValue } from '@aviary/change-job';
import type { ReadPool } from '@aviary/postgres';
import { PermanentError } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import {
  inspectSource,
  keysJoinedToRows,
  metadataValue,
  textValue,
  type Read,
  type SourceTable,
} from '@aviary/source-table';
import { readFilterChoices } from './filter-choices.ts';

/**
 * How the sessions that read rows are set: a statement planned while the table was empty would read all of it for each
 * key, until the next analyze.
 */
export const rowSessions = { settings: { enable_seqscan: 'off', jit: 'off' } };

/** A row of a SemanticIndex's table. Values are in the order of the spec's columns. */
export interface IndexedRow {
  text: (string | null)[];
  /** As the index has it. */
  metadata: (MetadataValue | null)[];
}

/** What the catalog says of the table, in the statements that follow from it. */
interface Inspected {
  table: SourceTable;
  /** Values of metadata columns that have few, by column. */
  choices: ReadonlyMap<string, string[]>;
  sql: string;
  at: number;
}

/** How old it may be before it is looked up again, behind whoever asks then, in milliseconds. */
const lookAgainMs = 60_000;

/** Postgres' codes for a column or a table that is not there. */
const altered = new Set(['42703', '42P01']);
const forbidden = '42501';

/** The rows of a SemanticIndex as they are in Postgres now, by their records' keys. */
export class IndexedRows {
  readonly #reads: Pick<ReadPool, 'query'>;
  readonly #spec: SemanticIndex;
  #inspected: Promise<Inspected> | undefined;
  #known: Inspected | undefined;

  /** @param reads of sessions set as {@link rowSessions}. */
  constructor(reads: Pick<ReadPool, 'query'>, spec: SemanticIndex) {
    this.#reads = reads;
    this.#spec = spec;
  }

  /**
   * What the catalog says of the table.
   *
   * @throws PermanentError when the spec does not fit it; RetryableError when Postgres is away.
   */
  async inspect(): Promise<Pick<Inspected, 'table' | 'choices'>> {
    const known = this.#known;
    if (known === undefined) return this.#lookUp();
    if (performance.now() - known.at > lookAgainMs) this.#lookUp().catch(() => undefined);
    return known;
  }

  /** The row of each key in its place, undefined where there is none. @throws as {@link inspect}. */
  async read(keys: readonly (readonly string[])[]): Promise<(IndexedRow | undefined)[]> {
    if (keys.length === 0) return [];
    await this.inspect();
    try {
      return await this.#read(keys);
    } catch (error) {
      if (!altered.has(codeOf(error))) throw error;
      this.#known = undefined;
      await this.#lookUp();
      return this.#read(keys);
    }
  }

  async #read(keys: readonly (readonly string[])[]): Promise<(IndexedRow | undefined)[]> {
    const { table, sql } = this.#known ?? (await this.#lookUp());
    const values = table.key.map((_, column) => keys.map((key) => key[column]));
    const rows = await this.#reads
      .query<Record<string, MetadataValue | null> & { position: number }>(
        'reading rows',
        sql,
        values,
      )
      .catch((cause: unknown) => {
        if (codeOf(cause) !== forbidden) throw cause;
        const message = `The page may not read what SemanticIndex "${this.#spec.name}" names of ${table.relation}: run "aviary install" as its owner, and grant aviary_frontend to the page's user.`;
        throw new PermanentError(message, { cause });
      });
    const found = keys.map((): IndexedRow | undefined => undefined);
    for (const { position, ...row } of rows) {
      found[position - 1] = {
        text: table.text.map((_, place) => row[`t${place}`] as string | null),
        metadata: table.metadata.map((_, place) => row[`m${place}`] ?? null),
      };
    }
    return found;
  }

  #lookUp(): Promise<Inspected> {
    this.#inspected ??= this.#lookUpNow().finally(() => (this.#inspected = undefined));
    return this.#inspected;
  }

  async #lookUpNow(): Promise<Inspected> {
    const read: Read = (action, text, values) => this.#reads.query(action, text, values);
    const table = await inspectSource(read, this.#spec);
    const choices = await readFilterChoices(this.#reads, table);
    this.#known = { table, choices, sql: rowsSql(table), at: performance.now() };
    return this.#known;
  }
}

function rowsSql(table: SourceTable): string {
  const columns = [
    'k.position::integer as position',
    ...table.text.map((column, place) => `${textValue('t', column)} as t${place}`),
    ...table.metadata.map((column, place) => `${metadataValue('t', column)} as m${place}`),
  ];
  return `select ${columns.join(', ')} from ${keysJoinedToRows(table)}`;
}

const codeOf = (error: unknown) => String((error as { code?: unknown }).code);
