import { readFileSync } from 'node:fs';

/** What a process has used since its start. */
export interface Usage {
  cpuSeconds: number;
  /** Most memory it ever had resident, in megabytes. */
  peakMegabytes: number;
}

/** Linux counts CPU time in these, whatever its real tick is. */
const ticksPerSecond = 100;

/** From /proc; undefined where there is none, or no such process. */
export function usageOf(pid: number): Usage | undefined {
  const stat = statOf(pid);
  const peak = /^VmHWM:\s*(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  if (stat === undefined || peak === undefined) return undefined;
  return { cpuSeconds: stat.own / ticksPerSecond, peakMegabytes: Number(peak) / 1024 };
}

/** CPU seconds of a process and all its children, those that ended included. */
export function familyCpuSeconds(pid: number): number | undefined {
  const stat = statOf(pid);
  if (stat === undefined) return undefined;
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean);
  const living = children.reduce((sum, child) => sum + (statOf(Number(child))?.own ?? 0), 0);
  return (stat.own + stat.ended + living) / ticksPerSecond;
}

function statOf(pid: number): { own: number; ended: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The name may hold blanks; what follows its closing bracket does not. utime is the 14th field of all.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = NaN, stime = NaN, cutime = NaN, cstime = NaN] = fields.slice(11, 15);
  return Number.isNaN(utime) ? undefined : { own: utime + stime, ended: cutime + cstime };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
