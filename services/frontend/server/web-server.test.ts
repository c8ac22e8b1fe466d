import { once } from 'node:events';
import { connect } from 'node:net';
import { Health } from '@aviary/runtime';
import { expect, test } from 'vitest';
import { WebServer } from './web-server.ts';

const request = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';

async function startServer() {
  const health = new Health();
  const server = new WebServer((_, response) => response.end('here'), {
    host: '127.0.0.1',
    port: 0,
    health,
  });
  await server.start();
  return server;
}

test('what was sent on a kept connection as it stops is answered, and the connection ends', async () => {
  const server = await startServer();
  const socket = connect(server.port, '127.0.0.1').setEncoding('utf8');
  socket.write(request);
  const [first] = (await once(socket, 'data')) as [string];
  expect(first).toContain('Connection: keep-alive');

  let second = '';
  socket.on('data', (data: string) => (second += data));
  socket.write(request);
  const ended = once(socket, 'end');
  await server.stop(new AbortController().signal);
  await ended;
  expect(second).toMatch(/^HTTP\/1.1 200 .*Connection: close.*here$/s);
});

test('a connection that nobody uses does not hold it up for long, nor at all once its time is over', async () => {
  for (const deadline of [new AbortController().signal, AbortSignal.abort()]) {
    const server = await startServer();
    const socket = connect(server.port, '127.0.0.1').resume();
    await once(socket, 'connect');
    await server.stop(deadline);
  }
});
