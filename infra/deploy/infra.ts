import { writeFileSync } from 'node:fs';
import { platformOutputsSchema } from '../../packages/platform-outputs/src/index.ts';
import { kubeconfig } from './cluster-access.ts';
import type { Deployment } from './deployment.ts';
import { letOperatorGo } from './operator.ts';
import { pineconeKey } from './secrets.ts';
import { StepError } from './tools.ts';

/**
 * Makes or changes what Pulumi knows, images included: they are built from this checkout and pushed.
 *
 * @throws StepError before anything is changed, where an operator would go that still has SemanticIndexes.
 */
export async function infra(deployment: Deployment): Promise<void> {
  const { tools, settings } = deployment;
  await letOperatorGo(deployment);
  const account = await tools.read('aws', [
    ...['sts', 'get-caller-identity', '--query', 'Account', '--output', 'text'],
  ]);
  const registry = `${account}.dkr.ecr.${settings.region}.amazonaws.com`;
  const password = await tools.read('aws', ['ecr', 'get-login-password']);
  await tools.read('docker', ['login', '--username', 'AWS', '--password-stdin', registry], {
    input: password,
  });
  await selectStack(deployment);
  await tools.run('pulumi', deployment.pulumi('up', '--yes'), {
    environment: { PINECONE_API_KEY: await pineconeKey(deployment) },
  });
}

/** Made empty when it is new. */
async function selectStack({ tools, stack }: Deployment): Promise<void> {
  await tools.read('pulumi', ['stack', 'select', stack, '--create', '--cwd', 'infra']);
}

/**
 * Writes the platform's addresses and names to .aviary/outputs.json.
 *
 * @throws StepError that lists what is missing or wrong.
 */
export async function outputs(deployment: Deployment): Promise<void> {
  const told = await deployment.tools.read(
    'pulumi',
    deployment.pulumi('stack', 'output', '--json'),
  );
  const { platform } = JSON.parse(told) as { platform?: unknown };
  const result = platformOutputsSchema.safeParse(platform);
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) => `  ${path.join('.') || 'platform'}: ${message}`,
    );
    throw new StepError(
      `The stack ${deployment.stack} does not give what the manifests need, run "make infra STACK=${deployment.stack}" first:\n${faults.join('\n')}`,
    );
  }
  writeFileSync(deployment.outputsFile, `${JSON.stringify(result.data, null, 2)}\n`);
  deployment.say(`Written: ${deployment.outputsFile}`);
}

/** Says what a deployment would change: in AWS and Pinecone, and then in the cluster where there is one. */
export async function plan(deployment: Deployment): Promise<void> {
  const { tools } = deployment;
  await selectStack(deployment);
  await tools.run('pulumi', deployment.pulumi('preview', '--diff'), {
    environment: { PINECONE_API_KEY: await pineconeKey(deployment) },
  });
  const made = await tools.ask('pulumi', deployment.pulumi('stack', 'output', 'platform'));
  if (made === undefined) {
    deployment.say('There is no cluster yet: its manifests would all be new.');
    return;
  }
  await outputs(deployment);
  await kubeconfig(deployment);
  await synth(deployment);
  // 1 is the answer "there are differences".
  await tools.run('kubectl', ['diff', '--server-side', '--force-conflicts', '-f', 'dist/prod'], {
    answers: [0, 1],
  });
}

/** Writes the manifests to dist/prod. */
export async function synth({ tools, environment, outputsFile }: Deployment): Promise<void> {
  await tools.run(process.execPath, ['cdk8s/src/main.ts'], {
    environment: {
      ENV: 'prod',
      OUTPUTS: outputsFile,
      ...(environment.OVERRIDES ? { OVERRIDES: environment.OVERRIDES } : {}),
    },
  });
}
