import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startTcpProxy } from './tcp-proxy.ts';

/** A server that answers each line with itself in capitals, behind a proxy, and one client of it. */
async function connected() {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard.push(bytes.toString());
      server.emit('heard');
      socket.write(bytes.toString().toUpperCase());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startTcpProxy({ to: (server.address() as AddressInfo).port });
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  const client = async (): Promise<Socket> => {
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  return { proxy, heard, server, client };
}

const answer = async (socket: Socket) => ((await once(socket, 'data')) as [Buffer])[0].toString();
// `once` of node:events would reject at the reset that is waited for.
const ended = (socket: Socket) =>
  new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });

test('an open passage carries both ways, and the end of the connection', async () => {
  const { client } = await connected();
  const socket = await client();
  socket.write('hello');
  expect(await answer(socket)).toBe('HELLO');
  socket.end();
  await ended(socket);
});

test('dropping resets what is connected and takes what comes', async () => {
  const { proxy, client } = await connected();
  const socket = await client();
  socket.write('hello');
  await answer(socket);
  const closed = ended(socket);
  proxy.drop('all');
  await closed;
  const next = await client();
  next.write('again');
  expect(await answer(next)).toBe('AGAIN');
});

test('what was held arrives late, though its client has gone', async () => {
  const { proxy, heard, server, client } = await connected();
  proxy.setPassage({ kind: 'held' });
  const socket = await client();
  await new Promise<void>((sent) => socket.write('late', () => sent()));
  socket.destroy();
  await ended(socket);
  expect(heard).toEqual([]);
  const arrived = once(server, 'heard');
  proxy.setPassage({ kind: 'open' });
  await arrived;
  expect(heard).toEqual(['late']);
});

test('what was held is reset, or stays held when it is forgotten', async () => {
  const { proxy, heard, client } = await connected();
  for (const release of ['reset', 'forgotten'] as const) {
    proxy.setPassage({ kind: 'held' });
    const socket = await client();
    await new Promise<void>((sent) => socket.write('lost', () => sent()));
    proxy.setPassage({ kind: 'open' }, release);
    const next = await client();
    next.write('hello');
    expect(await answer(next)).toBe('HELLO');
    if (release === 'forgotten') proxy.drop('forgotten');
    await ended(socket);
  }
  expect(heard).not.toContain('lost');
});

test('what is held up on the connections there are arrives behind what comes by others', async () => {
  const { proxy, heard, server, client } = await connected();
  const stuck = await client();
  stuck.write('before');
  await answer(stuck);
  proxy.setPassageOfPresent({ kind: 'held' });
  stuck.write('old');
  const other = await client();
  other.write('new');
  expect(await answer(other)).toBe('NEW');
  const arrived = once(server, 'heard');
  proxy.setPassage({ kind: 'open' });
  await arrived;
  expect(heard).toEqual(['before', 'new', 'old']);
});

test('a delay holds up in order', async () => {
  const { proxy, client } = await connected();
  proxy.setPassage({ kind: 'delayed', ms: 40 });
  const socket = await client();
  const began = performance.now();
  socket.write('slow');
  expect(await answer(socket)).toBe('SLOW');
  expect(performance.now() - began).toBeGreaterThan(75);
});

test('a client of a server that is away is reset', async () => {
  const { server, client } = await connected();
  server.close();
  await once(server, 'close');
  const socket = await client();
  await ended(socket);
});
