import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { drawArming, type FaultSignal, type Role } from './fault-points.ts';
import type { Slot } from './links.ts';
import type { Random } from './random.ts';
import { Supervised } from './supervised.ts';

export interface ServicesOptions {
  slots: readonly Slot[];
  /** Share of processes that will strike themselves. */
  armedShare: number;
  environmentOf: (slot: Slot) => Promise<Record<string, string>>;
  logs: string;
  /** Once it is there, no process strikes itself. */
  calmFile: string;
  random: Random;
  onStrike: (slot: Slot, point: string, signal: FaultSignal) => void;
  note: (what: string) => void;
}

/** Starts a process for each slot and puts it among the services. */
export async function startServices(
  services: Map<Slot, Supervised>,
  options: ServicesOptions,
): Promise<void> {
  const { slots, armedShare, environmentOf, logs, calmFile, random, onStrike, note } = options;
  for (const slot of slots) {
    const environment = await environmentOf(slot);
    const role = slot.split('-')[0] as Role;
    const own = random.fork(slot);
    const service = new Supervised({
      name: slot,
      script: `services/${role}/src/main.ts`,
      environment,
      logFile: join(logs, `${slot}.log`),
      nextArming: () => (own.chance(armedShare) ? drawArming(role, own) : undefined),
      calmFile,
      nextPauseMs: () => own.between(50, 1_000),
      onStrike: (point, signal) => onStrike(slot, point, signal),
      note,
    });
    services.set(slot, service);
    service.start();
  }
}

/** What the services say is not well; waits until nothing is, at most so long. */
export async function unwellAfter(
  services: readonly Supervised[],
  boundMs: number,
): Promise<string[]> {
  const end = performance.now() + boundMs;
  for (;;) {
    const said = await Promise.all(
      services.map(async (service) => {
        const unwell = await service.unwell();
        return unwell === undefined ? [] : [`${service.name} is not well: ${unwell}`];
      }),
    );
    if (said.flat().length === 0 || performance.now() > end) return said.flat();
    await delay(200);
  }
}
