import type { StartedProcess } from '../../../src/processes.ts';
import type { System } from '../../../src/system.ts';
import { Restartable, type Assembled } from '../peer.ts';

/** Starts a script of bench/peers/workers; resolves when it has said that it is ready. */
export async function startWorker(
  system: System,
  name: string,
  environment: Record<string, string> = {},
): Promise<StartedProcess> {
  const worker = system.processes.start({
    name,
    script: `bench/peers/workers/${name}.ts`,
    environment: { ...system.environment, ...environment },
  });
  await worker.line();
  return worker;
}

/** A peer of one process, which reads the table, embeds and writes. */
export function assembleWorker(
  system: System,
  name: string,
  recoverySeconds: number,
): Promise<Assembled> {
  const worker = new Restartable(() => startWorker(system, name));
  return Promise.resolve({ reader: worker, writer: worker, processes: [name], recoverySeconds });
}
