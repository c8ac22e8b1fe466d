import type { FaultPoint } from '@aviary/runtime';
import type { Random } from './random.ts';

export type Role = 'pelican' | 'emu';

/** How often a process passes each point: seldom ones must strike at once or never. */
const passings: Record<FaultPoint, 'often' | 'seldom'> = {
  'pelican.claimed': 'often',
  'pelican.read': 'often',
  'pelican.published': 'often',
  'pelican.finished': 'often',
  'pelican.refreshed': 'seldom',
  'pelican.walked': 'seldom',
  'emu.received': 'often',
  'emu.decoded': 'often',
  'emu.embedded': 'often',
  'emu.writing': 'often',
  'emu.written': 'often',
  'emu.dead-lettered': 'seldom',
  'emu.refreshing': 'seldom',
  'emu.acknowledging': 'often',
  'emu.acknowledged': 'often',
};

export const faultPoints = Object.keys(passings) as FaultPoint[];

export const signals = ['SIGKILL', 'SIGTERM', 'SIGSTOP'] as const;
export type FaultSignal = (typeof signals)[number];

/** What a process does to itself when it passes a point for the `nth` time. */
export interface Arming {
  point: FaultPoint;
  signal: FaultSignal;
  nth: number;
}

/** Behind which a process relies on what it saw: the worst place to be frozen at. */
const lastLook: Record<Role, FaultPoint> = { pelican: 'pelican.read', emu: 'emu.writing' };

export function drawArming(role: Role, random: Random): Arming {
  const signal = random.pick(signals);
  const points = faultPoints.filter((each) => each.startsWith(role));
  const point = signal === 'SIGSTOP' && random.chance(0.4) ? lastLook[role] : random.pick(points);
  // Mostly early: a process lives but a few seconds.
  const nth = passings[point] === 'seldom' ? 1 : 1 + Math.floor(random.next() ** 2 * 16);
  return { point, signal, nth };
}

/** The environment variable that arms a process: JSON of an arming. */
export const armingVariable = 'STORM_ARMING';
/** Names a file: once it is there the storm is over, and nothing strikes any more. */
export const calmFileVariable = 'STORM_CALM_FILE';
/** How a process tells that it strikes, on a line of its own. */
export const strikePrefix = 'storm strikes at ';
