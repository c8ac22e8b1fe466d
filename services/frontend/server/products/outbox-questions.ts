import { query, type Pool } from '@aviary/postgres';
import type { SemanticIndex } from '@aviary/semantic-index';

/** Codes of Postgres: no such function, table or schema; no right to it. */
const absent = new Set(['42883', '42P01', '3F000', '42501']);
/** Pause after finding that it cannot be asked, in milliseconds. */
const pauseMs = 60_000;

type Captured = Pick<SemanticIndex, 'name' | 'capturedAs'>;

/** Asks Aviary's outbox for rows of one SemanticIndex. */
export class OutboxQuestions {
  readonly #pool: Pool;
  #index: Captured;
  #pausedUntil = -Infinity;

  constructor(pool: Pool, index: Captured) {
    this.#pool = pool;
    this.#index = index;
  }

  /** Asks for it by the name that it has now. */
  follow(index: Captured): void {
    this.#index = index;
  }

  /**
   * Whether each row's change of `since`, in milliseconds since the epoch, or a later one is yet to be queued. Empty
   * where the database is not installed, or by an older pelican.
   */
  async await(rows: readonly { id: number; since: number }[]): Promise<boolean[]> {
    if (performance.now() < this.#pausedUntil) return [];
    const { name, capturedAs = name } = this.#index;
    try {
      const answers = await query<{ awaits: boolean }>(
        this.#pool,
        'asking the outbox for rows',
        `select * from aviary.awaits_queueing($1, $2::text[], array(
           select to_timestamp(ms / 1000) from unnest($3::float8[]) with ordinality as given(ms, place) order by place
         )) as awaits`,
        [capturedAs, rows.map(({ id }) => String(id)), rows.map(({ since }) => since)],
      );
      return answers.map(({ awaits }) => awaits);
    } catch (error) {
      const cause = error instanceof Error && error.cause ? error.cause : error;
      if (!absent.has(String((cause as { code?: unknown }).code))) throw error;
      this.#pausedUntil = performance.now() + pauseMs;
      return [];
    }
  }
}
