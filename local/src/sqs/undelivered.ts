import { z } from 'zod';

const asked = z.object({ QueueUrl: z.string() });
const answered = z.object({
  Messages: z.array(z.object({ ReceiptHandle: z.string() })).default([]),
});

/** What makes the messages of a receive's answer visible again; undefined when it has none. */
export function giveBackRequest(request: unknown, answer: string) {
  const { QueueUrl } = asked.parse(request);
  const { Messages } = answered.parse(JSON.parse(answer));
  if (Messages.length === 0) return undefined;
  return {
    method: 'POST',
    url: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      // Without the prefix that clients send, which fauxqs does not ask for: no fault strikes this request.
      'x-amz-target': 'ChangeMessageVisibilityBatch',
    },
    payload: JSON.stringify({
      QueueUrl,
      Entries: Messages.map(({ ReceiptHandle }, position) => ({
        Id: String(position),
        ReceiptHandle,
        VisibilityTimeout: 0,
      })),
    }),
  } as const;
}
