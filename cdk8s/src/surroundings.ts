import { parse, stringify } from 'yaml';
import type { ChartProps, WorkerProps } from './charts/chart-props.ts';
import type { Environment } from './environment/schema.ts';

/** What an operator is told of the environment that it makes workers in. */
export type Surroundings = Readonly<{
  environment: Omit<WorkerProps['environment'], 'indexes'> & Pick<Environment, 'rollbackSeconds'>;
  platform: WorkerProps['platform'];
}>;

/** Changes with the shape of what is written: an operator of another release says so, in place of misreading it. */
const format = 1;

/** As a YAML file of the operator's, in which a value stands once at each of its places, for whoever makes templates. */
export function writeSurroundings({ environment, platform }: ChartProps): string {
  const { namespace, operator, pelican, emu, audit, rollbackSeconds, neighbours } = environment;
  const {
    images,
    region,
    queue,
    queueReader,
    sqs,
    database,
    indexRegion,
    index,
    embedding,
    reach,
  } = platform;
  const surroundings: Surroundings = {
    environment: { namespace, operator, pelican, emu, audit, rollbackSeconds, neighbours },
    platform: {
      images: { pelican: images.pelican, emu: images.emu },
      ...{ region, queue, queueReader, sqs, database, indexRegion, index, embedding },
      reach: {
        database: reach.database,
        queue: reach.queue,
        index: reach.index,
        embedding: reach.embedding,
      },
    },
  };
  return stringify({ format, ...surroundings }, { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** @throws Error when it is of another release. */
export function readSurroundings(text: string): Surroundings {
  const { format: found, ...surroundings } = parse(text) as Surroundings & { format: number };
  if (found === format) return surroundings;
  throw new Error(
    `The file of the operator's surroundings has format ${found}, and this release reads ${format}: apply the manifests of the release that the operator's image is of.`,
  );
}
