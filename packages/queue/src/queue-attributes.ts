/*
 * What the queues of Aviary are like, whoever makes them: `provisionQueue` by SQS's own interface, or Pulumi. It imports
 * nothing, since Pulumi's program has no SDK of AWS.
 */

const daySeconds = 86_400;

/** After which a crashed emu's messages come back. */
export const visibilityTimeoutSeconds = 60;

/** The longest message, and the longest request with several: SQS's own bound. Pulumi's default is a quarter of that. */
export const maxMessageBytes = 1_048_576;

/**
 * How long messages are kept. Dead letters as long as SQS keeps anything: a letter outlives the message it came from,
 * which ages on in the letter's queue. So are requests to read rows anew.
 */
export const retentionSeconds = {
  live: 4 * daySeconds,
  dead: 14 * daySeconds,
  refresh: 14 * daySeconds,
};

/**
 * Receives before SQS itself gives a message up. A crash and a lost lease use one up, and so does a message that a
 * stopping emu hands back unbegun: in a backlog the same one may meet every emu of a rolling update, or a scale-down
 * each few minutes. 100 bears five updates of twenty emus, one after another, and still ends a crash loop within hours:
 * a message that kills its emu comes back after the visibility timeout of 60 s, or a restart's back-off of at most 5 min.
 */
const maxReceiveCount = 100;

export const redrivePolicy = (deadLetterArn: string): string =>
  JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount });

/** Only that queue may give its messages up to this one. */
export const redriveAllowPolicy = (sourceArn: string): string =>
  JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [sourceArn] });

/** Whoever may use it, only over TLS. */
export const onlyOverTls = (arn: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'OnlyOverTls',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sqs:*',
        Resource: arn,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });
