import { onFaultPoint } from '@aviary/runtime';
import { startBackfill } from './backfilling.ts';
import { capture, poolTo } from './captured.ts';

/** A process that backfills table `thing`, and is killed in its third step, just before that commits. */

let steps = 0;
onFaultPoint((point) => {
  if (point !== 'pelican.walked') return;
  steps += 1;
  if (steps === 3) process.kill(process.pid, 'SIGKILL');
});
const pool = poolTo(process.env.DATABASE_URL ?? '');
startBackfill(pool, [await capture(pool, { table: 'thing' })]);
