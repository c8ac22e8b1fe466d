import type { Surroundings } from '@aviary/cdk8s';
import { RetryableError, type Logger } from '@aviary/runtime';
import type { Doer } from './acts.ts';
import { Applier } from './apply.ts';
import { Cluster } from './cluster.ts';
import { Facts, type FactsOptions } from './facts.ts';
import { KeyQueue } from './key-queue.ts';
import type { ApiServer } from './kubernetes/api-server.ts';
import { Readers } from './readers.ts';
import { Reconciler } from './reconcile.ts';
import type { Telemetry } from './telemetry.ts';

export interface ControllerOptions extends FactsOptions {
  api: ApiServer;
  surroundings: Surroundings;
  identity: string;
  workers: number;
  relistMs: number;
  /** Told of each list that succeeded. */
  onListed: () => void;
  logger: Logger;
  telemetry: Telemetry;
}

/** What the leader does: it listens, and looks at each SemanticIndex whenever something about it changes, and now and then. */
export class Controller {
  readonly #options: ControllerOptions;
  #queue: KeyQueue | undefined;
  #cluster: Cluster | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** SemanticIndexes whose turn has come, or which are in work. */
  get depth(): number {
    return this.#queue?.depth ?? 0;
  }

  get indexes(): number {
    return [...(this.#cluster?.indexes() ?? [])].length;
  }

  /** Works until the signal aborts, and begins with nothing known: another may have led meanwhile. */
  async run(signal: AbortSignal): Promise<void> {
    const { api, identity, logger, onListed, relistMs, surroundings, telemetry, workers } =
      this.#options;
    const queue = new KeyQueue({
      workers,
      onFailure: (index, error, pauseMs) => {
        const expected = error instanceof RetryableError;
        logger[expected ? 'info' : 'error']({
          event: 'tries_again',
          index,
          inMs: Math.round(pauseMs),
          ...(expected ? { reason: error.message } : { err: error }),
        });
        if (!expected) telemetry.failed('unexpected');
      },
    });
    const cluster = new Cluster({
      ...{ api, logger, onListed, relistMs },
      onChange: (name) => queue.add(name),
      onGone: (object) => applier.forget(object),
    });
    const applier = new Applier(api, cluster);
    this.#queue = queue;
    this.#cluster = cluster;
    const facts = new Facts(this.#options);
    const doer: Doer = {
      sqs: this.#options.sqs,
      vectorsOf: this.#options.vectorsOf,
      onQueuesChanged: (name) => facts.forgetQueues(name),
    };
    const reconciler = new Reconciler({
      ...{ api, applier, cluster, doer, facts, identity, logger, surroundings, telemetry },
      readers: new Readers(api),
    });
    try {
      const { ended } = await cluster.start(signal);
      // Until everything is listed, something that is there looks as if it were not.
      await Promise.all([queue.run((name) => reconciler.reconcile(name, signal), signal), ended]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#queue = undefined;
      this.#cluster = undefined;
    }
  }
}
