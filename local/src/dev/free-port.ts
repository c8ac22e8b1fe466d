import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below the ports that Linux and macOS give to whoever asks for any: there nobody takes one by chance. */
const range = [15_000, 23_000] as const;
/** As far above a port its reservation is listened on. */
const reservedAt = 8_000;

/**
 * A free port of the loopback interface that stays so: for a server that listens later, or is away for a moment. As
 * long as this process lives, nobody else is given it here.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...range);
    const reservation = await reserve(port + reservedAt);
    if (reservation === undefined) continue;
    if (await isFree(port)) return port;
    await close(reservation);
  }
}

async function reserve(port: number): Promise<Server | undefined> {
  try {
    return (await listen(port)).unref();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

async function isFree(port: number): Promise<boolean> {
  return requireFreePort(port).then(
    () => true,
    () => false,
  );
}

/** @throws Error that names the port and the remedy. */
export async function requireFreePort(port: number): Promise<void> {
  try {
    await close(await listen(port));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') {
      throw new Error(
        `Port ${port} needs privileges: choose one above 1023, as in make dev PORT=8081.`,
        {
          cause: error,
        },
      );
    }
    throw new Error(`Port ${port} is taken: choose another, as in make dev PORT=${port + 1}.`, {
      cause: error,
    });
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

const close = (server: Server) => new Promise((resolve) => server.close(resolve));
