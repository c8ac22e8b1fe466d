import { subscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSqs } from '@aviary/local/sqs';

/**
 * The SQS stand-in as a process that also tells, on a port of its own, how many requests of each action it
 * had. Prints the address of SQS and that of the counts.
 */

const counts: Record<string, number> = {};

subscribe('http.server.request.start', (message) => {
  const { headers } = (message as { request: IncomingMessage }).request;
  const action = headers['x-amz-target'];
  if (typeof action !== 'string') return;
  const name = action.slice(action.indexOf('.') + 1);
  counts[name] = (counts[name] ?? 0) + 1;
});

const sqs = await startSqs();
const counter = createServer((_request, response) => response.end(JSON.stringify(counts)));
counter.listen(0, '127.0.0.1', () => {
  console.log(`${sqs.url} http://127.0.0.1:${(counter.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit(0));
