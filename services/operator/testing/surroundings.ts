import { readSurroundings, type Surroundings } from '@aviary/cdk8s';

/** As `make synth ENV=kind` with an operator writes them, so much of them as decisions need. */
export const surroundings: Surroundings = readSurroundings(
  JSON.stringify({
    format: 1,
    environment: {
      namespace: 'aviary',
      operator: true,
      pelican: { replicas: 1, resources: { cpu: { request: '100m', limit: '1' }, memory: '1Gi' } },
      emu: {
        ...{ min: 1, max: 8, backlogPerPod: 100, pollingIntervalSeconds: 5, cooldownSeconds: 30 },
        scaleDown: { stabilisationSeconds: 30, percentPerMinute: 100 },
        resources: { cpu: { request: '50m', limit: '1' }, memory: '1Gi' },
      },
      audit: { schedule: '17 3 * * 0', repair: false },
      rollbackSeconds: 600,
      neighbours: { monitoring: 'monitoring', keda: 'keda' },
    },
    platform: {
      images: { pelican: 'aviary/pelican:dev', emu: 'aviary/emu:dev' },
      region: 'us-east-1',
      queue: {
        url: 'http://sqs:4566/000000000000/aviary.fifo',
        deadLetterUrl: 'http://sqs:4566/000000000000/aviary-dead.fifo',
        refreshUrl: 'http://sqs:4566/000000000000/aviary-refresh',
      },
      queueReader: { identity: 'operator' },
      sqs: { AWS_REGION: 'us-east-1' },
      database: {
        variables: {
          owner: { DATABASE_URL: { secret: 'aviary-database', key: 'owner-url' } },
          pelican: { DATABASE_URL: { secret: 'aviary-database', key: 'pelican-url' } },
          frontend: { DATABASE_URL: { secret: 'aviary-database', key: 'frontend-url' } },
        },
        mounts: [],
        retries: 2,
      },
      index: { PINECONE_API_KEY: { secret: 'aviary-index', key: 'PINECONE_API_KEY' } },
      embedding: { OPENAI_API_KEY: { secret: 'aviary-embedding', key: 'OPENAI_API_KEY' } },
      reach: { database: [], queue: [], index: [], embedding: [], signIn: [] },
    },
  }),
);
