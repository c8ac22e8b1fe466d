import { RetryableError, sleep, type Logger } from '@aviary/runtime';
import type { ApiServer } from './kubernetes/api-server.ts';
import { hasStatus } from './kubernetes/failure.ts';
import type { KubernetesObject } from './kubernetes/resources.ts';

interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}
const leaseResource = 'coordination.k8s.io/v1 Lease';
type Lease = KubernetesObject & { spec: LeaseSpec };

export interface LeaderOptions {
  api: ApiServer;
  /** Of the Lease. */
  name: string;
  /** Of this process: no other has it. */
  identity: string;
  leaseMs: number;
  logger: Logger;
  /** Told whenever the Lease was read or written. */
  onContact: () => void;
}

/**
 * At most one of all operators leads, by a Lease:
 *
 *   following ──► the Lease is free, or was not renewed for its whole duration ──► leading
 *       ▲                                                                             │
 *       └── not renewed within two thirds of it, taken by another, or stopped ◄───────┘
 *
 * How long it was not renewed is measured on this machine's own clock, from when this process last saw it change: what
 * the holder's clock wrote into it is for people. A leader stops before anyone else may begin.
 */
export class Leader {
  readonly #options: LeaderOptions;
  #seen: { version: string; at: number } | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** Leads whenever it may, until the signal aborts. `lead` ends soon after its own signal does. */
  async run(lead: (term: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { leaseMs, logger } = this.#options;
    while (!signal.aborted) {
      const lease = await this.#acquire(signal);
      if (lease !== undefined) {
        logger.info({ event: 'leading' });
        await this.#term(lease, lead, signal);
        logger.info({ event: 'not_leading' });
      }
      await sleep((leaseMs / 5) * (0.5 + Math.random() / 2), signal).catch(() => undefined);
    }
  }

  /** @returns the Lease, where it is now this process's own */
  async #acquire(signal: AbortSignal): Promise<Lease | undefined> {
    const { api, name, identity, leaseMs, logger, onContact } = this.#options;
    try {
      const found = (await api.get(leaseResource, name, signal)) as Lease | undefined;
      onContact();
      if (found === undefined) return (await api.create(this.#lease({}), signal)) as Lease;
      const { holderIdentity = '', leaseDurationSeconds = leaseMs / 1_000 } = found.spec;
      const version = found.metadata.resourceVersion ?? '';
      const now = performance.now();
      const seen = this.#seen?.version === version ? this.#seen : { version, at: now };
      this.#seen = seen;
      const isFree =
        holderIdentity === '' ||
        holderIdentity === identity ||
        now - seen.at > leaseDurationSeconds * 1_000;
      if (!isFree) return undefined;
      return (await api.update(this.#lease(found), signal)) as Lease;
    } catch (error) {
      if (signal.aborted || !(error instanceof RetryableError)) return undefined;
      // Another was first.
      if (!hasStatus(error, 409)) logger.warn({ event: 'lease_failed', reason: error.message });
      return undefined;
    }
  }

  async #term(
    acquired: Lease,
    lead: (term: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const over = new AbortController();
    const led = lead(AbortSignal.any([signal, over.signal])).finally(() => over.abort());
    try {
      const isHeld = await this.#renew(acquired, AbortSignal.any([signal, over.signal]));
      over.abort(new Error('the lease is over'));
      await led;
      if (isHeld) await this.#release();
    } finally {
      over.abort();
    }
  }

  /** @returns once the signal ends it, or, as false, once the Lease is lost */
  async #renew(acquired: Lease, signal: AbortSignal): Promise<boolean> {
    const { api, identity, leaseMs, logger, onContact } = this.#options;
    let lease = acquired;
    let renewedAt = performance.now();
    for (let pauseMs = leaseMs / 5; ;) {
      await sleep(pauseMs, signal).catch(() => undefined);
      if (isOver(signal)) return true;
      const leftMs = renewedAt + (leaseMs * 2) / 3 - performance.now();
      if (leftMs <= 0) return false;
      // One connection may be dead: half of the time is for another.
      const within = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(leftMs / 2))]);
      const askedAt = performance.now();
      try {
        lease = (await api.update(this.#lease(lease), within)) as Lease;
        [renewedAt, pauseMs] = [askedAt, leaseMs / 5];
        onContact();
      } catch (error) {
        if (isOver(signal)) return true;
        pauseMs = leaseMs / 15;
        logger.warn({ event: 'lease_failed', reason: String(error) });
        if (!hasStatus(error, 409)) continue;
        // Somebody wrote it: perhaps this process, whose answer was lost.
        const found = await api
          .get(leaseResource, lease.metadata.name, within)
          .catch(() => undefined);
        if (found === undefined) continue;
        if ((found as Lease).spec.holderIdentity !== identity) return false;
        lease = found as Lease;
      }
    }
  }

  /** So that the next need not wait for its end. The last renewal may have been cut off, and done all the same. */
  async #release(): Promise<void> {
    const { api, name, identity, logger } = this.#options;
    const signal = AbortSignal.timeout(2_000);
    try {
      const found = (await api.get(leaseResource, name, signal)) as Lease | undefined;
      if (found?.spec.holderIdentity !== identity) return;
      const spec = { ...found.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      await api.update({ ...found, spec }, signal);
    } catch (error) {
      logger.warn({ event: 'lease_failed', reason: String(error) });
    }
  }

  #lease(found: Partial<Lease>): Lease {
    const { name, identity, leaseMs } = this.#options;
    const now = new Date().toISOString().replace('Z', '000Z');
    const isMine = found.spec?.holderIdentity === identity;
    const { acquireTime = now, leaseTransitions = 0 } = found.spec ?? {};
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: found.metadata ?? { name },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseMs / 1_000),
        renewTime: now,
        acquireTime: isMine ? acquireTime : now,
        leaseTransitions: isMine || !found.spec ? leaseTransitions : leaseTransitions + 1,
      },
    };
  }
}

/** Also where it looks settled: it aborts while something is awaited. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;
