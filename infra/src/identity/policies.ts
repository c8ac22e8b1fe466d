import type { serviceAccounts } from '../../../packages/platform-outputs/src/service-accounts.ts';

export interface Statement {
  Effect: 'Allow';
  Action: string[];
  Resource: string[];
}

/** Of changes, their dead letters and requests to read rows anew. */
export interface QueueArns {
  live: string;
  dead: string;
  refresh: string;
}

/** Whatever the policies name. */
export interface Arns {
  queues: QueueArns;
  /** Patterns of the queues that an operator makes; absent where there is none. */
  indexQueues?: QueueArns;
  /** Each a database's ARN prefix for users: arn:aws:rds-db:REGION:ACCOUNT:dbuser:RESOURCE-ID. */
  databases: { primary: string; all: string[] };
  users: { owner: string; pelican: string; frontend: string };
  secrets: string[];
}

export type Identity = keyof typeof serviceAccounts;

const send = 'sqs:SendMessage';
const count = 'sqs:GetQueueAttributes';
const take = ['sqs:ReceiveMessage', 'sqs:DeleteMessage'];
const hold = 'sqs:ChangeMessageVisibility';

const provision = ['sqs:CreateQueue', 'sqs:GetQueueUrl', 'sqs:DeleteQueue'];
/** Who gives its messages up to it, and that it refuses plain HTTP. */
const guard = 'sqs:SetQueueAttributes';

/**
 * What each service account may do in AWS: what its code does, on what it does it to, and nothing else. One without
 * statements needs no role: the operator where there is none.
 */
export function policiesOf(arns: Arns): Record<Identity, Statement[]> {
  const { users, indexQueues } = arns;
  const own = arns.queues;
  const of = (queue: keyof QueueArns) =>
    indexQueues === undefined ? [own[queue]] : [own[queue], indexQueues[queue]];
  const [live, dead, refresh] = [of('live'), of('dead'), of('refresh')];
  const connect = (user: string, databases: string[]): Statement =>
    allow(
      ['rds-db:connect'],
      databases.map((database) => `${database}/${user}`),
    );
  return {
    install: [connect(users.owner, [arns.databases.primary])],
    pelican: [
      allow([send, count], live),
      // The `aviary` command looks through the dead letters with pelican's identity.
      allow([send, count, ...take, hold], dead),
      allow([send, count, ...take], refresh),
      connect(users.pelican, [arns.databases.primary]),
    ],
    emu: [allow([...take, hold], live), allow([send], [...dead, ...refresh])],
    frontend: [
      // Of the environment's own queues alone: the page of the pipeline shows no others.
      allow([count], [own.live]),
      // It shows dead letters, and has them redriven or discarded.
      allow([count, ...take, hold], [own.dead]),
      allow([send, count], [own.refresh]),
      connect(users.frontend, arns.databases.all),
    ],
    operator: indexQueues
      ? [
          allow([...provision, count], [indexQueues.live, indexQueues.dead]),
          allow([guard], [indexQueues.dead]),
          allow(provision, [indexQueues.refresh]),
        ]
      : [],
    kedaOperator: [allow([count], live)],
    externalSecrets: [
      allow(['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], arns.secrets),
    ],
  };
}

const allow = (Action: string[], Resource: string[]): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
});

export const policyDocument = (statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

/** Pods of the cluster whose service account is bound to the role, by EKS Pod Identity. */
export const trustPods = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ],
});
