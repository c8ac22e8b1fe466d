import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toMessageText } from './message-text.ts';

test('any text comes back, from characters that every SQS takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const message = toMessageText({ text });
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
      expect(message).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd]*$/);
      expect(JSON.parse(message)).toEqual({ text });
    }),
  );
  expect(JSON.parse(toMessageText('🦤 \ufffe \ud800'))).toBe('🦤 \ufffe \ud800');
});
