import { faultPoints, signals } from './fault-points.ts';

/** How often a signal struck at a fault point: `emu.writing SIGKILL` → 3. */
export type Strikes = Record<string, number>;

export function addStrikes(sum: Strikes, more: Strikes): void {
  for (const [what, count] of Object.entries(more)) sum[what] = (sum[what] ?? 0) + count;
}

/** A line for each fault point, a column for each signal. */
export function coverageTable(strikes: Strikes): string {
  const line = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(20) + cells.map((cell) => String(cell).padStart(9)).join('');
  return [
    line('fault point', signals),
    ...faultPoints.map((point) =>
      line(
        point,
        signals.map((signal) => strikes[`${point} ${signal}`] ?? '-'),
      ),
    ),
  ].join('\n');
}
