import { PermanentError, RetryableError, type Logger } from '@aviary/runtime';
import type { Surroundings } from '@aviary/cdk8s';
import { nameOf, perform, type Doer } from './acts.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { tell } from './events.ts';
import { setFinalizer } from './finalizer.ts';
import type { ApiServer } from './kubernetes/api-server.ts';
import { ApiFailure } from './kubernetes/failure.ts';
import { resourceOf } from './kubernetes/resources.ts';
import { observe, type Memory, type Sight } from './observe.ts';
import type { Failure, Observed } from './observed.ts';
import { writeStatus } from './write-status.ts';
import type { Telemetry } from './telemetry.ts';

/*
 *   observe ──► decide ──► finalizer on ──► apply ──► readers ──► delete ──► acts ──► events ──► status ──► finalizer off
 *      ▲                                                                                               │
 *      └──────────────────────── when something changes, or after a while ─────────────────────────────┘
 */

/** From an act to the look at what it did, in milliseconds. */
const soonMs = 1_000;

export interface ReconcilerOptions extends Sight {
  api: ApiServer;
  doer: Doer;
  surroundings: Surroundings;
  identity: string;
  logger: Logger;
  telemetry: Telemetry;
}

/** One look at one SemanticIndex at a time, and what follows from it. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #memories = new Map<string, Memory>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /**
   * @returns when to look again, in milliseconds; undefined when there is nothing to look at any more
   * @throws the first thing that could not be done, once all else is
   */
  async reconcile(name: string, signal: AbortSignal): Promise<number | undefined> {
    const { readers, surroundings, telemetry } = this.#options;
    const startedAt = performance.now();
    const memory = this.#memories.get(name) ?? { failures: [], statusWrittenAt: undefined };
    await readers.refresh(signal);
    const observed = await observe(name, this.#options, memory);
    if (observed === undefined) {
      this.#memories.delete(name);
      return undefined;
    }
    const turn = new Turn(this.#options.logger.child({ index: name }), telemetry, signal);
    const decision = decide(surroundings, observed, Date.now());
    const statusWrittenAt = await this.#carryOut(observed, decision, turn);
    this.#memories.set(name, {
      failures: turn.failures,
      statusWrittenAt: statusWrittenAt ?? memory.statusWrittenAt,
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    telemetry.reconciled(seconds, turn.failures.length > 0 ? 'failed' : 'ok');
    if (turn.error !== undefined) throw turn.error;
    // What was done has an effect, which no stream tells of.
    return decision.acts.length > 0
      ? Math.min(soonMs, decision.requeueAfterMs)
      : decision.requeueAfterMs;
  }

  /** @returns when the status was written, if it was */
  async #carryOut(
    { resource: { name } }: Observed,
    decision: Decision,
    turn: Turn,
  ): Promise<number | undefined> {
    const { api, applier, cluster, doer, identity, readers } = this.#options;
    const { signal } = turn;
    const resource = cluster.index(name);
    let statusWrittenAt: number | undefined;
    if (decision.finalizer === 'add') {
      const add = () => setFinalizer('add', name, { api, cluster }, signal);
      // What is made without it may be left behind.
      if (!(await turn.try('add the finalizer', add))) return undefined;
    }
    for (const object of decision.apply) {
      const doing = `apply ${object.kind} ${object.metadata.name}`;
      await turn.try(doing, () => applier.apply(object, signal));
    }
    const entry = decision.readers;
    if (entry !== 'keep') {
      await turn.try('tell readers', () =>
        readers.write(name, entry === 'remove' ? undefined : entry, signal),
      );
    }
    for (const object of decision.delete) {
      await turn.try(`delete ${object.kind} ${object.name}`, () =>
        api.delete(resourceOf(object), object.name, signal),
      );
    }
    for (const act of decision.acts) await turn.try(nameOf(act), () => perform(act, doer, signal));
    for (const event of decision.events) {
      if (resource === undefined) break;
      await turn.try('write an Event', () => tell(api, resource, event, identity, signal));
    }
    const { status } = decision;
    if (status !== undefined) {
      await turn.try('write the status', async () => {
        cluster.learn(await writeStatus(api, name, status, signal));
        statusWrittenAt = Date.now();
      });
    }
    if (decision.finalizer === 'remove' && turn.failures.length === 0) {
      await turn.try('remove the finalizer', () =>
        setFinalizer('remove', name, { api, cluster }, signal),
      );
    }
    return statusWrittenAt;
  }
}

/** Tries one thing after another, and keeps what failed. */
class Turn {
  readonly failures: Failure[] = [];
  readonly signal: AbortSignal;
  error: RetryableError | PermanentError | undefined;
  readonly #logger: Logger;
  readonly #telemetry: Telemetry;

  constructor(logger: Logger, telemetry: Telemetry, signal: AbortSignal) {
    this.#logger = logger;
    this.#telemetry = telemetry;
    this.signal = signal;
  }

  /** @returns whether it was done */
  async try(doing: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.signal.throwIfAborted();
      if (!(error instanceof RetryableError || error instanceof PermanentError)) throw error;
      this.#logger.warn({ event: 'failed', doing, reason: error.message });
      this.#telemetry.failed(error instanceof ApiFailure ? error.reason : 'other');
      this.failures.push({ doing, message: error.message });
      this.error ??= error;
      return false;
    }
  }
}
