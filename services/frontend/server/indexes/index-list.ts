import type { SemanticIndex } from '@aviary/semantic-index';
import type { IndexList, SearchableIndex } from '../../shared/searchable-index.ts';
import { kindOf } from '../search/column-kind.ts';
import { within } from '../within.ts';
import { whyNotHere } from './own-secrets.ts';
import type { ConnectedIndex } from './searchable-indexes.ts';

/** Longest wait for a table to be looked up, in milliseconds. */
const patienceMs = 3_000;

/** Describes each index. Never throws: what is away shows as the index's health. */
export function listIndexes(indexes: readonly ConnectedIndex[]): Promise<IndexList['indexes']> {
  return Promise.all(indexes.map(describe));
}

async function describe(connected: ConnectedIndex): Promise<SearchableIndex> {
  const { spec, rows, recordsLately, queries, search } = connected;
  const obstacle = whyNotHere(spec);
  if (obstacle !== undefined) return described(spec, null, [], obstacle);
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
  const filters =
    table instanceof Error
      ? []
      : table.table.metadata.map((column) => ({
          column: column.name,
          kind: kindOf(column),
          choices: table.choices.get(column.name) ?? null,
        }));
  return described(spec, records.value, filters, reason);
}

const described = (
  { name, source, embedding, target }: SemanticIndex,
  records: number | null,
  filters: SearchableIndex['filters'],
  reason: string | null,
): SearchableIndex => ({
  name,
  schema: source.schema,
  table: source.table,
  model: embedding.model,
  dimensions: embedding.dimensions,
  index: target.index,
  namespace: target.namespace,
  keywords: source.keywords !== undefined,
  records,
  filters,
  health: { ok: reason === null, reason },
});

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
