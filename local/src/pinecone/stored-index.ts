import { renameSync, rmSync } from 'node:fs';
import { Namespace } from './namespace.ts';
import { apply, type Operation } from './operation.ts';
import { OperationLog } from './operation-log.ts';
import type { VectorShape } from './record-rules.ts';

/** What is kept of an index beside its records. */
export interface IndexDefinition extends VectorShape {
  name: string;
  cloud: string;
  region: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Cannot be deleted until this is taken back. */
  protectedFromDeletion?: boolean;
}

/** Sees each write before it is done. @throws ApiError to refuse it. */
export type OnWrite = (operation: Operation) => void;

const RECORDS_A_FRAME = 256;
/** Rewriting pays when the file is mostly history. */
const COMPACT_AT_FACTOR = 2;

/**
 * The records of one index. A write is in the log when `write` returns, and seen by reads after the
 * consistency delay; without a log it lives in memory alone.
 */
export class StoredIndex {
  readonly definition: IndexDefinition;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #consistencyDelayMs: () => number;
  readonly #onWrite: OnWrite;
  #log: OperationLog | undefined;
  #pending: { operation: Operation; visibleAt: number }[] = [];

  constructor(
    definition: IndexDefinition,
    options: {
      logPath: string | undefined;
      consistencyDelayMs: () => number;
      onWrite: OnWrite;
    },
  ) {
    this.definition = definition;
    this.#onWrite = options.onWrite;
    this.#consistencyDelayMs = options.consistencyDelayMs;
    if (options.logPath !== undefined) this.#open(options.logPath);
  }

  write(operation: Operation): void {
    this.#onWrite(operation);
    this.#log?.append(operation);
    const delay = this.#consistencyDelayMs();
    if (delay > 0) this.#pending.push({ operation, visibleAt: Date.now() + delay });
    else {
      this.#settle(Infinity);
      this.#apply(operation);
    }
  }

  /** As reads see it now. */
  namespace(name: string): Namespace | undefined {
    this.#settle(Date.now());
    return this.#namespaces.get(name);
  }

  /** As reads see them now, by name. */
  namespaces(): ReadonlyMap<string, Namespace> {
    this.#settle(Date.now());
    return this.#namespaces;
  }

  /** Whether a write has made the namespace, seen by reads or not. */
  hasNamespace(name: string): boolean {
    return (
      this.#namespaces.has(name) ||
      this.#pending.some(({ operation }) => operation.namespace === name)
    );
  }

  close(): void {
    this.#log?.close();
  }

  /** In the order of their writing, whatever the delay was meanwhile. */
  #settle(now: number): void {
    let due = 0;
    for (const { operation, visibleAt } of this.#pending) {
      if (visibleAt > now) break;
      this.#apply(operation);
      due++;
    }
    if (due > 0) this.#pending = this.#pending.slice(due);
  }

  #apply(operation: Operation): void {
    apply(operation, this.#namespaces, this.definition.dimension);
  }

  #open(path: string): void {
    this.#log = new OperationLog(path, (operation) => this.#apply(operation));
    let records = 0;
    for (const space of this.#namespaces.values()) records += space.size;
    const liveBytes = records * this.definition.dimension * Float32Array.BYTES_PER_ELEMENT;
    if (this.#log.bytes <= COMPACT_AT_FACTOR * liveBytes + 2 ** 20) return;
    const fresh = `${path}.compacting`;
    rmSync(fresh, { force: true });
    const compacted = new OperationLog(fresh, () => undefined);
    for (const [name, space] of this.#namespaces) this.#copy(name, space, compacted);
    this.#log.close();
    renameSync(fresh, path);
    this.#log = compacted;
  }

  #copy(namespace: string, space: Namespace, into: OperationLog): void {
    const { dimension } = this.definition;
    const ids = space.list('', undefined, Infinity);
    for (let at = 0; at < ids.length || at === 0; at += RECORDS_A_FRAME) {
      const records = ids.slice(at, at + RECORDS_A_FRAME).flatMap((id) => space.get(id) ?? []);
      const values = new Float32Array(records.length * dimension);
      records.forEach((record, i) => values.set(record.values, i * dimension));
      into.append({
        kind: 'upsert',
        namespace,
        ids: records.map((record) => record.id),
        metadata: records.map((record) => record.metadata),
        values,
      });
    }
  }
}
