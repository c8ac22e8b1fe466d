import { join } from 'node:path';
import { readPlatformOutputs, type PlatformOutputs } from '@aviary/platform-outputs';
import type { SemanticIndex } from '@aviary/semantic-index';
import { readEnvironment } from '../../cdk8s/src/environment/read-environment.ts';
import type { Environment } from '../../cdk8s/src/environment/schema.ts';
import { awsPlatform } from '../../cdk8s/src/platform/aws.ts';
import { synthesise, type Manifests } from '../../cdk8s/src/synthesise.ts';

const examples = join(import.meta.dirname, '../../cdk8s/examples');
const prod = readEnvironment('prod', [join(examples, 'sign-in.yaml')]);
const outputs = readPlatformOutputs(join(examples, 'outputs.json'));

type Outputs = Omit<PlatformOutputs, 'accountId' | 'cluster'>;

/** What a person may choose: all that the manifests of prod are made of, but for what others are derived from. */
export interface Values extends Outputs {
  /** Whether an operator makes workers for SemanticIndexes, which are resources then, and the specs below are not run. */
  operator: boolean;
  signIn?: NonNullable<Environment['signIn']> | undefined;
  pelican: Environment['pelican'];
  emu: Environment['emu'];
  frontend: Omit<Environment['frontend'], 'handoverSeconds'>;
  audit: Pick<Environment['audit'], 'schedule'>;
  neighbours: Environment['neighbours'];
  networks: Environment['networks'];
  /** SemanticIndexes by name. */
  specs: Record<string, Omit<SemanticIndex, 'name'>>;
}

/** The example's, as cdk8s/examples has it. */
export function defaultValues(): Values {
  const { region, database, queue, indexRegion, images, secrets, ingress } = outputs;
  const { operator, signIn, pelican, emu, neighbours, networks, indexes } = prod;
  const { min, max, cpuPercent, resources } = prod.frontend;
  return {
    region,
    database,
    queue,
    indexRegion,
    images,
    secrets,
    ingress,
    operator,
    signIn,
    pelican,
    emu,
    frontend: { min, max, cpuPercent, resources },
    audit: { schedule: prod.audit.schedule },
    neighbours,
    networks,
    specs: Object.fromEntries(indexes.map(({ name, ...spec }) => [name, spec])),
  };
}

/** The manifests of prod with these values. */
export function manifestsWith(values: Values, namespace = prod.namespace): Manifests {
  const { specs, operator, signIn, pelican, emu, neighbours, networks, ...rest } = values;
  const environment: Environment = {
    ...prod,
    namespace,
    operator,
    indexes: Object.entries(specs).map(([name, spec]) => ({ name, ...spec })),
    signIn,
    pelican,
    emu,
    frontend: { ...prod.frontend, ...rest.frontend },
    audit: { ...prod.audit, ...rest.audit },
    neighbours,
    networks,
  };
  const { accountId, cluster } = outputs;
  const { region, database, queue, indexRegion, images, secrets, ingress } = rest;
  const platform = awsPlatform(environment, {
    accountId,
    cluster: { ...cluster, namespace },
    region,
    database,
    queue,
    indexRegion,
    images,
    secrets,
    ...(ingress && { ingress }),
  });
  return synthesise({ environment, platform });
}
