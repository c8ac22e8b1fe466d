import type { PoolClient } from '@aviary/postgres';
import type { CapturedTable } from '../capture/capture.ts';

/** Above so many rows a count is an estimate: counting them would take longer than a statement may. */
const countedRows = 100_000;

/** Exact for a small table; a big one's as the planner holds it to be, by its size on disk. */
export async function countRows(
  client: Pick<PoolClient, 'query'>,
  { relation }: CapturedTable,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from (select from ${relation} limit ${countedRows + 1}) t`,
  );
  const count = rows[0]?.count ?? 0;
  if (count <= countedRows) return count;
  const { rows: plans } = await client.query<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }>(
    `explain (format json) select from ${relation}`,
  );
  return Math.max(count, plans[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0);
}
