import type { JsonObject } from './request-body.ts';
import { compileFilter } from './metadata-filter.ts';
import { Namespace } from './namespace.ts';
import type { Metadata, RecordBatch } from './record-rules.ts';

/** One accepted write: what the log holds, and what reads see once it is applied. */
export type Operation =
  | ({ kind: 'upsert'; namespace: string } & RecordBatch)
  /** `values` is empty when the vector stays. */
  | { kind: 'update'; namespace: string; id: string; metadata: Metadata; values: Float32Array }
  | { kind: 'delete'; namespace: string; ids: string[] }
  | { kind: 'delete-where'; namespace: string; filter: JsonObject }
  | { kind: 'delete-all'; namespace: string }
  | { kind: 'drop-namespace'; namespace: string };

/** Replaying the same operations in the same order gives the same namespaces. */
export function apply(
  operation: Operation,
  namespaces: Map<string, Namespace>,
  dimension: number,
): void {
  const { namespace: name } = operation;
  const space = namespaces.get(name);
  switch (operation.kind) {
    case 'upsert': {
      const into = space ?? new Namespace(dimension);
      namespaces.set(name, into);
      const { ids, values, metadata } = operation;
      for (const [i, id] of ids.entries()) {
        into.upsert(id, values.subarray(i * dimension, (i + 1) * dimension), metadata[i] ?? {});
      }
      return;
    }
    case 'update': {
      const record = space?.get(operation.id);
      if (!record) return;
      const values = operation.values.length > 0 ? operation.values : record.values;
      space?.upsert(record.id, values, { ...record.metadata, ...operation.metadata });
      return;
    }
    case 'delete':
      for (const id of operation.ids) space?.delete(id);
      return;
    case 'delete-where':
      for (const id of space?.where(compileFilter(operation.filter)) ?? []) space?.delete(id);
      return;
    case 'delete-all':
      if (space) namespaces.set(name, new Namespace(dimension));
      return;
    case 'drop-namespace':
      namespaces.delete(name);
  }
}
