import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { drawArming, type FaultSignal, type Role } from './fault-points.ts';
import { slots, type Slot } from './links.ts';
import type { Random } from './random.ts';
import { Supervised } from './supervised.ts';

export interface ServicesOptions {
  environmentOf: (slot: Slot) => Promise<Record<string, string>>;
  logs: string;
  /** Once it is there, no process strikes itself. */
  calmFile: string;
  random: Random;
  onStrike: (slot: Slot, point: string, signal: FaultSignal) => void;
  note: (what: string) => void;
}

/** Share of processes that will strike themselves. */
const armedShare = 0.85;
/** A process that strikes itself before it is ready is not waited for longer, in milliseconds. */
const startBoundMs = 30_000;

/** Starts two pelicans and three emus, and waits until they are ready. */
export async function startServices(options: ServicesOptions): Promise<Map<Slot, Supervised>> {
  const { environmentOf, logs, calmFile, random, onStrike, note } = options;
  const services = new Map<Slot, Supervised>();
  const ready: Promise<void>[] = [];
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
    ready.push(isReady(`http://127.0.0.1:${environment.ADMIN_PORT ?? ''}`));
  }
  await Promise.all(ready);
  return services;
}

async function isReady(adminUrl: string): Promise<void> {
  const end = performance.now() + startBoundMs;
  const look = () =>
    fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  while (performance.now() < end && !(await look())) await delay(50);
}
