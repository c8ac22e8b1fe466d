import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process's command and arguments. Empty when it has ended, though its parent may not have noticed yet. */
export async function commandLineOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return psField(pid, 'args');
  // Slim images have no ps.
  const arguments_ = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return arguments_.replaceAll('\0', ' ');
}

/** 0 when there is no such process. */
export async function parentOf(pid: number): Promise<number> {
  if (process.platform !== 'linux') return Number(await psField(pid, 'ppid'));
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
}

async function psField(pid: number, field: 'args' | 'ppid'): Promise<string> {
  const ps = promisify(execFile)('ps', ['-ww', '-o', `${field}=`, '-p', `${pid}`]);
  return (await ps.catch(() => ({ stdout: '' }))).stdout.trim();
}
