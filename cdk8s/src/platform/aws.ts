import type { PlatformOutputs } from '@aviary/platform-outputs';
import type { Way } from '../constructs/access.ts';
import type { Environment } from '../environment/schema.ts';
import { configMapFiles } from '../pods/mount.ts';
import { addExternalSecrets } from './external-secrets.ts';
import type { DatabaseUser, Platform } from './platform.ts';

const authoritiesDirectory = '/etc/aviary/authorities';

/** What infra/ has built: AWS, with Pinecone and OpenAI over the internet. */
export function awsPlatform({ networks }: Environment, outputs: PlatformOutputs): Platform {
  const { database, queue, images, region } = outputs;
  const urlOf = (user: DatabaseUser, host: string) =>
    `postgres://${encodeURIComponent(database.users[user])}@${host}:${database.port}/${database.name}`;
  const variablesOf = (user: DatabaseUser) => ({
    DATABASE_URL: urlOf(user, database.host),
    DATABASE_IAM_AUTH: 'true',
    DATABASE_CA_FILE: `${authoritiesDirectory}/${database.authorities.key}`,
    AWS_REGION: region,
  });
  const signedInto = outputs.secrets.signIn === undefined ? [] : [internet];
  return {
    images,
    region,
    queue,
    queueReader: { identity: 'operator' },
    sqs: { AWS_REGION: region },
    database: {
      variables: {
        owner: variablesOf('owner'),
        pelican: variablesOf('pelican'),
        frontend: variablesOf('frontend'),
      },
      mounts: [configMapFiles(database.authorities.configMap, authoritiesDirectory)],
    },
    index: { PINECONE_API_KEY: { secret: 'aviary-index', key: 'PINECONE_API_KEY' } },
    embedding: { OPENAI_API_KEY: { secret: 'aviary-embedding', key: 'OPENAI_API_KEY' } },
    page: {},
    reach: {
      database: [
        { peers: networks.database.map((cidr) => ({ ipBlock: { cidr } })), ports: [database.port] },
        podIdentity,
      ],
      queue: [internet, podIdentity],
      index: [internet],
      embedding: [internet],
      signIn: signedInto,
    },
    addSecrets: (scope) => addExternalSecrets(scope, outputs),
    ...(outputs.ingress && { ingress: outputs.ingress }),
  };
}

/** HTTPS to anyone, since AWS, Pinecone and OpenAI have names and no fixed addresses; never to a node's metadata. */
const internet: Way = {
  peers: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }],
  ports: [443],
};

/** The agent on each node that gives EKS pods their credentials. */
const podIdentity: Way = {
  peers: [{ ipBlock: { cidr: '169.254.170.23/32' } }, { ipBlock: { cidr: 'fd00:ec2::23/128' } }],
  ports: [80],
};
