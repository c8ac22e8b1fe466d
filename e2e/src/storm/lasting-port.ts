import { randomInt } from 'node:crypto';
import { requireFreePort } from '@aviary/local/free-port';

/** Below those that Linux and macOS give to outgoing connections. */
const range = [15_000, 30_000] as const;

/** A free port that stays so while nobody listens: a server that is away for a moment finds it again. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(...range);
    const isFree = await requireFreePort(port).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
}
