import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, requireFreePort } from './free-port.ts';

test('a free port can be listened on', async () => {
  await expect(requireFreePort(await freePort())).resolves.toBeUndefined();
});

test('no port is given twice, not even to another process', async () => {
  const program = `
    import { freePort } from ${JSON.stringify(import.meta.resolve('./free-port.ts'))};
    const ports = [];
    for (let time = 0; time < 500; time += 1) ports.push(await freePort());
    console.log(JSON.stringify(ports));
    process.stdin.resume();`;
  const others = [1, 2].map(async () => {
    const other = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void other.kill());
    const lines = createInterface({ input: other.stdout });
    const [line] = (await once(lines, 'line')) as [string];
    return JSON.parse(line) as number[];
  });
  const ports = (await Promise.all(others)).flat();
  for (let time = 0; time < 500; time += 1) ports.push(await freePort());
  expect(new Set(ports).size).toBe(1_500);
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
