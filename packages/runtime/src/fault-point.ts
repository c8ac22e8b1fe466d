/**
 * The boundaries between the stages, where a process may die with the least done or undone. Tests hook them to
 * kill, stop or freeze a process exactly there; in production nobody does, and a call costs nothing.
 */
export type FaultPoint =
  /** Changes are this pelican's for a time. */
  | 'pelican.claimed'
  | 'pelican.read'
  /** The queue has taken them all. */
  | 'pelican.published'
  /** They are removed from the outbox. */
  | 'pelican.finished'
  /** Rows that were asked for are in the outbox, and the request is yet to be acknowledged. */
  | 'pelican.refreshed'
  /** A step of a backfill is written and yet to commit. */
  | 'pelican.walked'
  | 'emu.received'
  | 'emu.decoded'
  | 'emu.embedded'
  /** Behind the last look at the leases, before the request to the index. */
  | 'emu.writing'
  /** The index has answered. */
  | 'emu.written'
  /** The dead letters are sent, and their messages yet to be acknowledged. */
  | 'emu.dead-lettered'
  /** Refreshes are asked for, and the messages yet to be acknowledged. */
  | 'emu.refreshing'
  | 'emu.acknowledging'
  | 'emu.acknowledged';

let hook: ((point: FaultPoint) => void) | undefined;

/** Says that a boundary is reached. */
export function faultPoint(point: FaultPoint): void {
  hook?.(point);
}

/** Calls `act` at every boundary that is reached in this process. For tests. */
export function onFaultPoint(act: (point: FaultPoint) => void): void {
  hook = act;
}
