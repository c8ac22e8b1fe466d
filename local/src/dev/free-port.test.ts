import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, requireFreePort } from './free-port.ts';

test('a free port can be listened on', async () => {
  await expect(requireFreePort(await freePort())).resolves.toBeUndefined();
});

test('a taken port is named, with the remedy', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  await expect(requireFreePort(port)).rejects.toThrow(
    `Port ${port} is taken: choose another, as in make dev PORT=${port + 1}.`,
  );
  holder.close();
});
