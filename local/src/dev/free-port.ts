import { createServer, type AddressInfo } from 'node:net';

/** A free port of the loopback interface. */
export async function freePort(): Promise<number> {
  return listen(0);
}

/** @throws Error that names the port and the remedy. */
export async function requireFreePort(port: number): Promise<void> {
  try {
    await listen(port);
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

async function listen(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return bound;
}
