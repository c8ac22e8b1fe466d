import type { Pool, QueryConfig, QueryResultRow } from 'pg';
import { isRetryable } from '../failure.ts';
import { createPool, cutConnections, type PoolOptions } from '../pool.ts';
import { serverName } from './server-name.ts';
import { parseWalPosition, type WalPosition } from './wal-position.ts';

/** Longest wait for a connection to a replica: another server answers sooner than a late one. */
const connectMs = 300;
/** A read that takes longer makes the replica be looked at: it may be slow, or the way there gone. */
const patienceMs = 200;
/** Longest wait for the answer that shows a replica to be there. */
const checkMs = 250;

const checkSql = `select pg_is_in_recovery() as "isStandby", pg_last_wal_replay_lsn()::text as replayed`;

interface Check {
  isStandby: boolean;
  replayed: string | null;
}

export interface ReplicaState {
  isUp: boolean;
  /** Why it is not used. */
  reason: string | undefined;
  /** How far it had replayed when last asked. */
  replayed: WalPosition | undefined;
}

/**
 * A streaming replica, used while it answers: lost by a failing connection or check, and taken back by the next
 * check that it answers. Whatever is under way when it is lost fails at once.
 *
 *     down ──check answered──► up ──connection lost, check late or refused──► down
 */
export class Replica {
  /** Host and port. */
  readonly name: string;
  /** Reads under way. */
  inWork = 0;
  /** Reads begun, since the start. */
  reads = 0;
  /** Reads that failed here and went on to another server. */
  failures = 0;
  readonly #options: PoolOptions;
  readonly #onChange: (replica: Replica) => void;
  #state: ReplicaState = { isUp: false, reason: 'not looked at yet', replayed: undefined };
  #pool: Pool;
  /** Of its own, so that a check never waits for reads. */
  #probe: Pool;
  #checking: Promise<void> | undefined;

  constructor(options: PoolOptions, onChange: (replica: Replica) => void) {
    this.name = serverName(options.connectionString);
    this.#options = { ...options, connectTimeoutMs: connectMs };
    this.#onChange = onChange;
    this.#pool = createPool(this.#options);
    this.#probe = this.#createProbe();
  }

  get state(): Readonly<ReplicaState> {
    return this.#state;
  }

  async query<R extends QueryResultRow>(statement: QueryConfig): Promise<R[]> {
    const pool = this.#pool;
    this.inWork += 1;
    this.reads += 1;
    const suspicion = setTimeout(() => void this.check(), patienceMs);
    try {
      return (await pool.query<R>(statement)).rows;
    } catch (error) {
      this.failures += 1;
      if (isLoss(error)) {
        if (pool === this.#pool) this.#lose(error);
        void this.check();
      }
      throw error;
    } finally {
      clearTimeout(suspicion);
      this.inWork -= 1;
    }
  }

  /** Asks whether it is there and how far it is; those who ask at once share one answer. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  close(): void {
    cutConnections(this.#pool);
    cutConnections(this.#probe);
  }

  async #check(): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      // Where this process was held up, the answer may have come and is not read yet: it is before this.
      setImmediate(() => late.reject(new Error(`no answer within ${checkMs} ms`)));
    }, checkMs);
    try {
      const { rows } = await Promise.race([this.#probe.query<Check>(checkSql), late.promise]);
      const [answer] = rows;
      // One that was promoted goes its own way.
      if (answer?.isStandby !== true) throw new Error('it is no standby');
      this.#set({ isUp: true, reason: undefined, replayed: parseWalPosition(answer.replayed) });
    } catch (error) {
      cutConnections(this.#probe);
      this.#probe = this.#createProbe();
      this.#lose(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #lose(error: unknown): void {
    cutConnections(this.#pool);
    this.#pool = createPool(this.#options);
    const { message, code } = error as Error & { code?: unknown };
    this.#set({ isUp: false, reason: message || String(code), replayed: undefined });
  }

  #set(state: ReplicaState): void {
    const changed = state.isUp !== this.#state.isUp;
    this.#state = state;
    if (changed) this.#onChange(this);
  }

  #createProbe(): Pool {
    return createPool({ ...this.#options, max: 1, connectTimeoutMs: checkMs });
  }
}

/** The connection is gone or refused. One that is only late, the check decides about. */
function isLoss(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message: string };
  const isAboutStatement = typeof code === 'string' && /^(40|55|57014)/.test(code);
  return isRetryable(error) && !isAboutStatement && !/timeout/i.test(message);
}
