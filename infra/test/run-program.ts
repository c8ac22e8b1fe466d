import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import * as pulumi from '@pulumi/pulumi';
import { account, type Registered } from './register.ts';

/*
 * The whole program against Pulumi's own mocks, in a process of its own, as Pulumi runs it: what AWS would answer is
 * made up here. Standard input has the stack and its configuration; what was registered goes to standard output.
 */
const { stack, config } = JSON.parse(await text(process.stdin)) as {
  stack: string;
  config: Record<string, string>;
};
const resources: Registered[] = [];
await pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs, provider, id }) => {
      const given = inputs as Record<string, unknown>;
      resources.push({ type, name, inputs: given, provider: provider ?? '' });
      const known = [given.name, given.identifier, name].find((text) => typeof text === 'string');
      // An id is given to what is looked up alone.
      return {
        id: id === undefined || id === '' ? `${name}-id` : id,
        state: { ...given, ...answer(type, known ?? name) },
      };
    },
    call: ({ token }) => invoked(token),
  },
  'aviary',
  stack,
);
pulumi.runtime.setAllConfig(
  config,
  Object.keys(config).filter((key) => key.endsWith('Password')),
);
const { main } = createRequire(import.meta.url)('../package.json') as { main: string };
const outputs = (await import(`../${main}`)) as typeof import('../src/main.ts');
const told = await new Promise((resolve) =>
  pulumi.output({ platform: outputs.platform, operations: outputs.operations }).apply(resolve),
);
await pulumi.runtime.disconnect();
process.stdout.write(JSON.stringify({ resources, ...(told as object) }));

/** What AWS would add to the inputs. */
function answer(type: string, name: string): Record<string, unknown> {
  const region = 'eu-west-1';
  const arn = (service: string) => ({ arn: `arn:aws:${service}:${region}:${account}:${name}` });
  const answers: Record<string, Record<string, unknown>> = {
    'aws:sqs/queue:Queue': {
      ...arn('sqs'),
      url: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
    },
    'aws:sns/topic:Topic': arn('sns'),
    'aws:kms/key:Key': arn('kms'),
    'aws:iam/role:Role': { arn: `arn:aws:iam::${account}:role/${name}` },
    'aws:secretsmanager/secret:Secret': arn('secretsmanager'),
    'aws:rds/instance:Instance': {
      address: `${name}.example.${region}.rds.amazonaws.com`,
      resourceId: `db-${name.toUpperCase()}`,
      masterUserSecrets: [
        { secretArn: `arn:aws:secretsmanager:${region}:${account}:secret:rds!${name}` },
      ],
    },
    'aws:ecr/repository:Repository': {
      repositoryUrl: `${account}.dkr.ecr.${region}.amazonaws.com/${name}`,
    },
    'docker-build:index:Image': { digest: `sha256:${'a'.repeat(64)}` },
    'eks:index:Cluster': {
      eksCluster: { name, vpcConfig: { clusterSecurityGroupId: 'sg-of-the-pods' } },
      kubeconfigJson: '{}',
    },
  };
  return answers[type] ?? {};
}

function invoked(token: string): Record<string, unknown> {
  const answers: Record<string, Record<string, unknown>> = {
    'aws:index/getCallerIdentity:getCallerIdentity': { accountId: account },
    'aws:index/getAvailabilityZones:getAvailabilityZones': {
      names: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
    },
  };
  const found = answers[token];
  if (found === undefined)
    throw new Error(`The program asks AWS for ${token}: say here what it answers.`);
  return found;
}
