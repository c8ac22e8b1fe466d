import type { Pool, QueryConfig, QueryResultRow } from 'pg';
import { isRetryable, translate } from '../failure.ts';
import { Lag } from './lag.ts';
import type { PoolOptions } from '../pool.ts';
import { PreparedNames, isOutdatedPlan } from './prepared.ts';
import { readSession } from './read-session.ts';
import { Replica } from './replica.ts';
import { serverName } from './server-name.ts';
import { parseWalPosition, type WalPosition } from './wal-position.ts';

/** Pause between two looks at each server, in milliseconds. */
const checkEveryMs = 1_000;

/** A replica further behind the primary is not read from. */
export const longestLagSeconds = 30;

export interface ReadPoolOptions {
  /** Its owner's to close. */
  primary: Pool;
  /** postgres:// address of the primary. */
  primaryUrl: string;
  replicas: readonly PoolOptions[];
  /** Told when a replica is lost or is back. */
  onChange?: (change: { replica: string; isUp: boolean; reason: string | undefined }) => void;
}

/** What is read from, for metrics. */
export interface ReadTarget {
  name: string;
  role: 'primary' | 'replica';
  isUp: boolean;
  inWork: number;
  reads: number;
  failures: number;
  /** Behind the primary; undefined while it is not known. */
  lagSeconds: number | undefined;
}

/**
 * Reads, spread over the replicas that are up, current enough and least in use; a read that a replica fails goes
 * on to the next one, and to the primary last. Without replicas, all go to the primary.
 */
export class ReadPool {
  readonly #primary: Pool;
  readonly #primaryName: string;
  readonly #replicas: readonly Replica[];
  readonly #names = new PreparedNames();
  readonly #lag = new Lag(2 * longestLagSeconds);
  readonly #timer: NodeJS.Timeout | undefined;
  #primaryInWork = 0;
  #primaryReads = 0;
  #turn = 0;

  /** Begins to look at the replicas; until they have answered, reads go to the primary. */
  constructor({ primary, primaryUrl, replicas, onChange }: ReadPoolOptions) {
    this.#primary = primary;
    this.#primaryName = serverName(primaryUrl);
    this.#replicas = replicas.map(
      (options) =>
        new Replica(options, ({ name, state: { isUp, reason } }) =>
          onChange?.({ replica: name, isUp, reason }),
        ),
    );
    if (replicas.length === 0) return;
    void this.check();
    this.#timer = setInterval(() => void this.check(), checkEveryMs);
    this.#timer.unref();
  }

  get hasReplicas(): boolean {
    return this.#replicas.length > 0;
  }

  /**
   * Runs one statement that only reads, with the session's own writes in it. Each connection prepares it once.
   *
   * @throws RetryableError when the primary too is away; else the statement's own error.
   */
  async query<R extends QueryResultRow>(
    action: string,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<R[]> {
    const statement = { name: this.#names.of(text), text, values: [...values] };
    try {
      return await this.#read<R>(action, statement);
    } catch (error) {
      if (!isOutdatedPlan(error)) throw error;
      return this.#read<R>(action, { ...statement, name: this.#names.renew(text) });
    }
  }

  async #read<R extends QueryResultRow>(action: string, statement: QueryConfig): Promise<R[]> {
    const after = readSession()?.after;
    const tried = new Set<Replica>();
    for (;;) {
      const replica = this.#leastUsed(after, tried);
      if (replica === undefined) return this.#readPrimary(action, statement);
      tried.add(replica);
      try {
        return await replica.query<R>(statement);
      } catch (error) {
        if (!mayDoBetterElsewhere(error)) throw translate(action, error);
      }
    }
  }

  /** Looks at all servers now. */
  async check(): Promise<void> {
    await Promise.all([this.#samplePrimary(), ...this.#replicas.map((replica) => replica.check())]);
  }

  get targets(): ReadTarget[] {
    return [
      {
        name: this.#primaryName,
        role: 'primary',
        isUp: true,
        inWork: this.#primaryInWork,
        reads: this.#primaryReads,
        failures: 0,
        lagSeconds: undefined,
      },
      ...this.#replicas.map((replica): ReadTarget => {
        const { name, inWork, reads, failures, state } = replica;
        return {
          name,
          role: 'replica',
          isUp: state.isUp,
          inWork,
          reads,
          failures,
          lagSeconds: state.replayed === undefined ? undefined : this.#lag.of(state.replayed),
        };
      }),
    ];
  }

  close(): void {
    clearInterval(this.#timer);
    for (const replica of this.#replicas) replica.close();
  }

  #leastUsed(after: WalPosition | undefined, tried: Set<Replica>): Replica | undefined {
    const usable = this.#replicas.filter(
      (replica) => !tried.has(replica) && this.#isUsable(replica, after),
    );
    // Of those equally used, by turns.
    this.#turn += 1;
    const first = this.#turn % Math.max(usable.length, 1);
    const inTurn = [...usable.slice(first), ...usable.slice(0, first)];
    return inTurn.reduce<Replica | undefined>(
      (least, replica) => (least && least.inWork <= replica.inWork ? least : replica),
      undefined,
    );
  }

  #isUsable({ state }: Replica, after: WalPosition | undefined): boolean {
    if (!state.isUp || state.replayed === undefined) return false;
    if (after !== undefined && state.replayed < after) return false;
    return this.#lag.of(state.replayed) <= longestLagSeconds;
  }

  async #readPrimary<R extends QueryResultRow>(
    action: string,
    statement: QueryConfig,
  ): Promise<R[]> {
    this.#primaryInWork += 1;
    this.#primaryReads += 1;
    try {
      return (await this.#primary.query<R>(statement)).rows;
    } catch (error) {
      throw translate(action, error);
    } finally {
      this.#primaryInWork -= 1;
    }
  }

  async #samplePrimary(): Promise<void> {
    const answer = await this.#primary
      .query<{ position: string }>('select pg_current_wal_insert_lsn()::text as position')
      // Without a primary, replicas are as current as they were when it was last seen.
      .catch(() => undefined);
    const position = parseWalPosition(answer?.rows[0]?.position);
    if (position !== undefined) this.#lag.sample(position, performance.now());
  }
}

/**
 * The replica is away, or held the statement up for its own recovery, or is behind in what tables there are. A
 * statement that took too long would do so elsewhere.
 */
function mayDoBetterElsewhere(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === '57014') return false;
  return isRetryable(error) || (typeof code === 'string' && /^(42|3F)/.test(code));
}
