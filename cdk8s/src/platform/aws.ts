import { databaseAuthorities, type PlatformOutputs } from '@aviary/platform-outputs';
import type { Way } from '../constructs/access.ts';
import type { Environment } from '../environment/schema.ts';
import { configMapFiles } from '../pods/mount.ts';
import { addExternalSecrets } from './external-secrets.ts';
import type { DatabaseUser, Platform } from './platform.ts';

const authoritiesDirectory = '/etc/aviary/authorities';

/**
 * What infra/ has built: AWS, with Pinecone and OpenAI over the internet.
 *
 * @throws Error when everybody on the internet could edit, or sign-in is half set up.
 */
export function awsPlatform(environment: Environment, outputs: PlatformOutputs): Platform {
  const { networks } = environment;
  const { database, queue, images, region } = outputs;
  const urlOf = (user: DatabaseUser, host: string) =>
    `postgres://${encodeURIComponent(database.users[user])}@${host}:${database.port}/${database.name}`;
  const variablesOf = (user: DatabaseUser) => ({
    DATABASE_URL: urlOf(user, database.host),
    DATABASE_IAM_AUTH: 'true',
    DATABASE_CA_FILE: `${authoritiesDirectory}/${databaseAuthorities.key}`,
    AWS_REGION: region,
  });
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
      mounts: [configMapFiles(databaseAuthorities.configMap, authoritiesDirectory)],
      retries: 2,
    },
    indexRegion: outputs.indexRegion,
    index: { PINECONE_API_KEY: { secret: 'aviary-index', key: 'PINECONE_API_KEY' } },
    embedding: { OPENAI_API_KEY: { secret: 'aviary-embedding', key: 'OPENAI_API_KEY' } },
    page: pageOf(environment, outputs, urlOf),
    reach: {
      database: [
        { peers: networks.database.map((cidr) => ({ ipBlock: { cidr } })), ports: [database.port] },
        podIdentity,
      ],
      queue: [internet, podIdentity],
      index: [internet],
      embedding: [internet],
      signIn: environment.signIn ? [internet] : [],
    },
    addSecrets: (scope) => addExternalSecrets(scope, outputs),
    ...(outputs.ingress && { ingress: outputs.ingress }),
  };
}

function pageOf(
  { signIn }: Environment,
  { database, ingress, secrets }: PlatformOutputs,
  urlOf: (user: DatabaseUser, host: string) => string,
): Platform['page'] {
  if ((signIn === undefined) !== (secrets.signIn === undefined)) {
    throw new Error(
      signIn
        ? 'The environment has signIn, and the outputs name no secret for it (secrets.signIn).'
        : 'The outputs have a secret for sign-in: say with whom people sign in (signIn.issuer).',
    );
  }
  if (ingress && !signIn) {
    throw new Error(
      `Everybody could edit at https://${ingress.host}: set signIn.issuer, and have infra/ make its secret.`,
    );
  }
  const signInSecret = (key: string) => ({ secret: 'aviary-sign-in', key });
  return {
    DATABASE_READ_URLS: database.readerHosts.map((host) => urlOf('frontend', host)).join(),
    ...(ingress && { PUBLIC_URL: `https://${ingress.host}`, TRUST_PROXY: '1' }),
    ...(signIn && {
      EDIT_AUTH: 'oidc',
      OIDC_ISSUER: signIn.issuer,
      OIDC_EDITORS: signIn.editors.join(),
      OIDC_CLIENT_ID: signInSecret('OIDC_CLIENT_ID'),
      OIDC_CLIENT_SECRET: signInSecret('OIDC_CLIENT_SECRET'),
      SESSION_KEY: signInSecret('SESSION_KEY'),
    }),
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
