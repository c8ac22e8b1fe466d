import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { databaseAuthorities } from '../../packages/platform-outputs/src/index.ts';
import type { Deployment } from './deployment.ts';
import { authorities, databaseUsers, runSql } from './database.ts';
import { refuseOrphans, takeItsPlace } from './operator.ts';
import { StepError } from './tools.ts';

const services = ['pelican', 'emu', 'operator', 'frontend'];

/**
 * Brings dist/prod into the cluster, in the order in which one needs the other. Objects that are in dist/prod no more
 * stay, but for a public address: with it goes the sign-in, and everybody could edit; and for workers where an operator
 * makes them, or the operator where they are fixed.
 *
 * @throws StepError before anything is changed, where SemanticIndexes would be left without an operator.
 */
export async function apply(deployment: Deployment): Promise<void> {
  const { tools } = deployment;
  const files = manifestsOf(deployment);
  const between = (first: string, end: string) =>
    files.filter((file) => file >= first && file < end);
  const workers = runs(files, 'operator') ? 'operator' : 'fixed';
  if (workers === 'fixed') await refuseOrphans(deployment);

  if (deployment.outputs().ingress === undefined) {
    await tools.run(
      'kubectl',
      deployment.inNamespace('delete', 'ingress', 'frontend', '--ignore-not-found'),
    );
  }
  await applyFiles(deployment, between('00', '10'));
  await applyAuthorities(deployment);
  await applyFiles(deployment, between('10', '30'));
  await tools.run('kubectl', [
    ...deployment.inNamespace('wait', '--for=condition=Ready', 'externalsecret', '--all'),
    '--timeout=120s',
  ]);
  await databaseUsers(deployment);
  if (deployment.environment.FILE) await runSql(deployment);
  const preparation = between('30', '40');
  if (preparation.length > 0) await install(deployment, preparation);
  await takeItsPlace(deployment, workers);
  await applyFiles(deployment, between('40', '99'));
}

/** @throws StepError where there are none. */
function manifestsOf({ root, stack }: Deployment): string[] {
  const directory = join(root, 'dist/prod');
  if (existsSync(directory)) return readdirSync(directory).sort();
  throw new StepError(`There are no manifests: run "make deploy-synth STACK=${stack}" first.`);
}

const runs = (files: readonly string[], service: string) =>
  files.some((file) => file.endsWith(`-${service}.yaml`));

/**
 * Prepares the database for this version. A finished Job cannot be changed: it is made anew.
 *
 * @throws StepError as soon as the Job has given up, after its log.
 */
async function install(deployment: Deployment, files: readonly string[]): Promise<void> {
  const { tools } = deployment;
  await tools.run(
    'kubectl',
    deployment.inNamespace('delete', 'job', 'install', '--ignore-not-found', '--wait'),
  );
  await applyFiles(deployment, files);
  // The first condition of any kind says that the Job is done, or that it failed.
  await tools.run(
    'kubectl',
    deployment.inNamespace(
      ...['wait', '--for=jsonpath={.status.conditions}', 'job/install', '--timeout=65m'],
    ),
  );
  const ended = await tools.read(
    'kubectl',
    deployment.inNamespace(
      ...['get', 'job', 'install', '--output', 'jsonpath={.status.conditions[*].type}'],
    ),
  );
  if (!ended.includes('Fail')) return;
  await tools.run('kubectl', deployment.inNamespace('logs', 'job/install', '--tail=30'));
  throw new StepError(
    'The Job "install" failed: its last words stand above. Where a table is missing, give the SQL that makes it: FILE=tables.sql',
  );
}

/** What pods verify the database's certificate by. */
async function applyAuthorities(deployment: Deployment): Promise<void> {
  const document = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: databaseAuthorities.configMap,
      namespace: deployment.outputs().cluster.namespace,
      labels: { 'app.kubernetes.io/part-of': 'aviary' },
    },
    data: { [databaseAuthorities.key]: `${await authorities(deployment)}\n` },
  };
  await deployment.tools.run('kubectl', [...serverSide, '-f', '-'], {
    input: JSON.stringify(document),
  });
}

async function applyFiles({ tools }: Deployment, files: readonly string[]): Promise<void> {
  for (const file of files) {
    await tools.run('kubectl', [...serverSide, '-f', join('dist/prod', file)]);
  }
}

/** The manifests are the truth: what was edited by hand in a field of theirs is taken back. */
const serverSide = ['apply', '--server-side', '--force-conflicts', '--field-manager=aviary-deploy'];

/** Waits until every service runs in its new version, and the public address, if there is to be one, has its load balancer. */
export async function wait(deployment: Deployment): Promise<void> {
  const files = manifestsOf(deployment);
  for (const service of services.filter((name) => runs(files, name))) {
    await deployment.tools.run('kubectl', [
      ...deployment.inNamespace('rollout', 'status', `deployment/${service}`),
      '--timeout=10m',
    ]);
  }
  if (deployment.outputs().ingress === undefined) return;
  await deployment.tools.run('kubectl', [
    ...deployment.inNamespace('wait', '--for=jsonpath={.status.loadBalancer.ingress}'),
    ...['ingress/frontend', '--timeout=10m'],
  ]);
}
