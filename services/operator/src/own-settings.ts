import type { Surroundings } from '@aviary/cdk8s';
import type { SemanticIndex, SemanticIndexSpec } from '@aviary/semantic-index';
import type { Queues } from './generation.ts';

type Scaling = Surroundings['environment']['emu'];

/** What the resource does not say is as in the environment; bounds give way to those that it says. */
export function scaled(settings: Scaling, wish: SemanticIndexSpec['scaling'] = {}): Scaling {
  const {
    min = Math.min(settings.min, wish.max ?? settings.max),
    max = Math.max(settings.max, min),
    backlogPerPod = settings.backlogPerPod,
    cooldownSeconds = settings.cooldownSeconds,
  } = wish;
  return { ...settings, min, max, backlogPerPod, cooldownSeconds };
}

/** The environment's platform, with what a generation brings of its own. */
export function platformOf(
  platform: Surroundings['platform'],
  { source, embedding, target }: SemanticIndex,
  { iamAuth }: Pick<SemanticIndexSpec['source'], 'iamAuth'>,
  queues: Queues = platform.queue,
): Surroundings['platform'] {
  const { owner, pelican, frontend } = platform.database.variables;
  const login = (name: string, user: 'owner' | 'pelican') => ({
    DATABASE_URL: { secret: name, key: `${user}-url` },
    DATABASE_IAM_AUTH: iamAuth ? 'true' : undefined,
  });
  return {
    ...platform,
    queue: queues,
    ...(source.secretRef && {
      database: {
        ...platform.database,
        variables: {
          owner: { ...owner, ...login(source.secretRef.name, 'owner') },
          pelican: { ...pelican, ...login(source.secretRef.name, 'pelican') },
          frontend,
        },
      },
    }),
    index: {
      ...platform.index,
      ...(target.secretRef && {
        PINECONE_API_KEY: { secret: target.secretRef.name, key: 'PINECONE_API_KEY' },
      }),
    },
    embedding: {
      ...platform.embedding,
      ...(embedding.secretRef && {
        OPENAI_API_KEY: { secret: embedding.secretRef.name, key: 'OPENAI_API_KEY' },
      }),
    },
  };
}
