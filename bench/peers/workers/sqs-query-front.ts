import { createHash } from 'node:crypto';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * Debezium Server brings an SQS client from the time of SQS's query protocol: forms to it, XML from it. SQS itself
 * still speaks that, the stand-in does not. This process stands between, for the one action that the sink uses, and
 * prints its address. SQS_URL is that of the stand-in.
 */

const target = new URL(process.env.SQS_URL ?? 'http://127.0.0.1:1');
const agent = new Agent({ keepAlive: true });

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  forward(request).then(
    ({ status, xml }) => response.writeHead(status, { 'content-type': 'text/xml' }).end(xml),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      response.destroy();
    },
  );
});

async function forward(request: IncomingMessage): Promise<{ status: number; xml: string }> {
  const form = new URLSearchParams(await text(request));
  const action = form.get('Action');
  if (action !== 'SendMessage') throw new Error(`There is no ${String(action)} here.`);
  const body = form.get('MessageBody') ?? '';
  const answer = await ask({
    QueueUrl: form.get('QueueUrl') ?? `${target.origin}${request.url ?? ''}`,
    MessageBody: body,
    ...(form.has('MessageGroupId') && { MessageGroupId: form.get('MessageGroupId') }),
  });
  if (answer.status !== 200)
    throw new Error(`The stand-in answered ${answer.status}: ${answer.text}`);
  const { MessageId } = JSON.parse(answer.text) as { MessageId: string };
  const md5 = createHash('md5').update(body).digest('hex');
  return {
    status: 200,
    xml:
      '<SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult>' +
      `<MessageId>${MessageId}</MessageId><MD5OfMessageBody>${md5}</MD5OfMessageBody>` +
      '</SendMessageResult><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></SendMessageResponse>',
  };
}

function ask(message: object): Promise<{ status: number; text: string }> {
  const json = JSON.stringify(message);
  return new Promise((resolve, reject) => {
    const asking = httpRequest(
      target,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'content-length': Buffer.byteLength(json),
          'x-amz-target': 'AmazonSQS.SendMessage',
        },
      },
      (answer) => {
        text(answer).then(
          (content) => resolve({ status: answer.statusCode ?? 0, text: content }),
          reject,
        );
      },
    );
    asking.once('error', reject);
    asking.end(json);
  });
}

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit(0));
