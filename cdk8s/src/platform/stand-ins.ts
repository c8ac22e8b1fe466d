import { podsOf } from '../constructs/labels.ts';
import type { Environment, StandIns } from '../environment/schema.ts';
import { addLocalSecrets } from './local-secrets.ts';
import type { DatabaseUser, Platform } from './platform.ts';

export const standInPorts = {
  sqs: 4566,
  pinecone: 5080,
  embeddings: 8090,
  postgres: 5432,
} as const;

/** What the stand-ins in the namespace offer. */
export function standInPlatform({ namespace }: Environment, standIns: StandIns): Platform {
  const address = (name: keyof typeof standInPorts) =>
    `http://${name}.${namespace}.svc.cluster.local:${standInPorts[name]}`;
  const wayTo = (name: keyof typeof standInPorts) => [
    { peers: [podsOf(name)], ports: [standInPorts[name]] },
  ];
  const database = (user: DatabaseUser) => ({
    DATABASE_URL: { secret: 'aviary-database', key: `${user}-url` },
  });
  const { queueUrlPrefix } = standIns.sqs;
  return {
    images: standIns.images,
    region: 'us-east-1',
    queue: {
      url: `${queueUrlPrefix}aviary.fifo`,
      deadLetterUrl: `${queueUrlPrefix}aviary-dead.fifo`,
      refreshUrl: `${queueUrlPrefix}aviary-refresh`,
    },
    queueReader: {
      identity: {
        secret: 'aviary-aws',
        accessKeyId: 'access-key-id',
        secretAccessKey: 'secret-access-key',
      },
      endpoint: address('sqs'),
    },
    sqs: {
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_SQS: address('sqs'),
      AWS_ACCESS_KEY_ID: { secret: 'aviary-aws', key: 'access-key-id' },
      AWS_SECRET_ACCESS_KEY: { secret: 'aviary-aws', key: 'secret-access-key' },
    },
    database: {
      variables: {
        owner: database('owner'),
        pelican: database('pelican'),
        frontend: database('frontend'),
      },
      mounts: [],
      retries: 10,
    },
    index: {
      PINECONE_API_KEY: { secret: 'aviary-index', key: 'PINECONE_API_KEY' },
      PINECONE_CONTROLLER_URL: address('pinecone'),
    },
    embedding: {
      OPENAI_API_KEY: { secret: 'aviary-embedding', key: 'OPENAI_API_KEY' },
      OPENAI_BASE_URL: `${address('embeddings')}/v1`,
    },
    // Through a port-forward all people are one client.
    page: { READS_PER_MINUTE: '0', WRITES_PER_MINUTE: '0' },
    reach: {
      database: wayTo('postgres'),
      queue: wayTo('sqs'),
      index: wayTo('pinecone'),
      embedding: wayTo('embeddings'),
      signIn: [],
    },
    addSecrets: (scope) => addLocalSecrets(scope, `postgres:${standInPorts.postgres}`),
  };
}
