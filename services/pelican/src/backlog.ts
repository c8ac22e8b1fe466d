import { query, type Pool } from '@aviary/postgres';

/** What waits in the outbox. */
export interface Backlog {
  /** Changed rows. */
  waiting: number;
  /** 0 when none waits. */
  oldestAgeSeconds: number;
}

/** Of these SemanticIndexes: what waits for others' pelicans is theirs to tell. @throws RetryableError */
export async function readBacklog(pool: Pool, names: readonly string[]): Promise<Backlog> {
  const [backlog] = await query<Backlog>(
    pool,
    'measuring the outbox',
    `select coalesce(sum(cardinality(o.keys)), 0)::float8 as waiting,
            greatest(0, coalesce(extract(epoch from clock_timestamp() - min(o.captured_at)), 0))::float8
              as "oldestAgeSeconds"
     from aviary.outbox o join aviary.source s on s.id = o.source_id where s.name = any ($1)`,
    [names],
  );
  return backlog ?? { waiting: 0, oldestAgeSeconds: 0 };
}
