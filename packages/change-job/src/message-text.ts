/**
 * SQS takes no U+FFFE and U+FFFF and no lone surrogates, and some servers of its protocol no character beyond U+FFFF.
 * JSON can name each of them by escapes.
 */
const escaped = /[\ud800-\udfff\ufffe\uffff]/g;

/** A value as JSON that any SQS takes as a message body. */
export function toMessageText(value: unknown): string {
  return JSON.stringify(value).replace(
    escaped,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
