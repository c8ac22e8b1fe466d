import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Linux counts CPU time in these, whatever its real tick is. */
const ticksPerSecond = 100;

/** Since its start, with its children that ended; 0 when there is no such process, or no /proc. */
export function cpuSecondsOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The name may hold blanks; what follows its closing bracket does not. utime is the 14th field of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const times = fields.slice(11, 15).map(Number);
  return times.reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond;
}

/** Its share of memory in megabytes: what processes share counts for each in part. 0 as above. */
export function residentMbOf(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kilobytes ?? 0) / 1024;
}

/** A process and its children. */
export function familyOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean);
  return [pid, ...children.map(Number)];
}

/** What the files below a directory take on the disk, in megabytes. */
export async function directoryMb(directory: string): Promise<number> {
  // Its exit code tells of files that went while it looked.
  const du = promisify(execFile)('du', ['-sk', directory]);
  const { stdout } = await du.catch((error: unknown) => error as { stdout?: string });
  return Number.parseInt(stdout ?? '0', 10) / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
