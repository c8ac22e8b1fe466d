import type { IndexList, SearchableIndex } from '../../shared/searchable-index.ts';
import { kindOf } from '../search/column-kind.ts';
import { within } from '../within.ts';
import type { ConnectedIndex } from './searchable-indexes.ts';

/** Longest wait for a table to be looked up, in milliseconds. */
const patienceMs = 3_000;

/** Describes each index. Never throws: what is away shows as the index's health. */
export function listIndexes(indexes: readonly ConnectedIndex[]): Promise<IndexList['indexes']> {
  return Promise.all(indexes.map(describe));
}

async function describe(connected: ConnectedIndex): Promise<SearchableIndex> {
  const { spec, rows, recordsLately, queries, search } = connected;
  const [records, table] = await Promise.all([
    recordsLately.get(),
    within(patienceMs, (signal) => Promise.race([rows.inspect(), aborted(signal)])).catch(
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    ),
  ]);
  const reason =
    (table instanceof Error ? table.message : null) ??
    search.dependency.health.reason ??
    records.reason ??
    queries.dependency.health.reason;
  return {
    name: spec.name,
    schema: spec.source.schema,
    table: spec.source.table,
    model: spec.embedding.model,
    dimensions: spec.embedding.dimensions,
    index: spec.target.index,
    namespace: spec.target.namespace,
    keywords: spec.source.keywords !== undefined,
    records: records.value,
    filters:
      table instanceof Error
        ? []
        : table.table.metadata.map((column) => ({
            column: column.name,
            kind: kindOf(column),
            choices: table.choices.get(column.name) ?? null,
          })),
    health: { ok: reason === null, reason },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
