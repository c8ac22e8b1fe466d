import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { applyManifests } from './apply-manifests.ts';
import { reportCluster } from './failure-report.ts';
import { kubectl, namespace, untilRolledOut } from './kubectl.ts';

/** As `make synth ENV=kind` writes them. */
const manifests = join(import.meta.dirname, '../../../dist/kind');

/** Applies the manifests as a person would, and waits until everything runs. Vitest's global setup. */
export async function setup(): Promise<void> {
  await requireCluster();
  try {
    // A Job's template can't be changed, and running both again is harmless.
    if (await exists(`namespace/${namespace}`)) {
      await kubectl(['delete', 'job/seed', 'job/install', '--ignore-not-found']);
    }
    const files = await readdir(manifests);
    const contents = files.map((name) => readFile(join(manifests, name), 'utf8'));
    await applyManifests(
      new Map((await Promise.all(contents)).map((yaml, at) => [files[at] ?? '', yaml])),
      namespace,
    );
    for (const name of ['pelican', 'emu', 'frontend']) await untilRolledOut(name, 300);
  } catch (error) {
    process.stderr.write(await reportCluster());
    throw error;
  }
}

/** @throws Error unless these manifests may be applied here. */
async function requireCluster(): Promise<void> {
  await kubectl(['version', '--request-timeout=10s']);
  if (!(await exists('crd/scaledobjects.keda.sh'))) {
    throw new Error('This cluster has no KEDA: install it, as docs/kubernetes.md says.');
  }
  if ((await exists(`namespace/${namespace}`)) && !(await exists('deployment/sqs'))) {
    throw new Error(
      `Namespace ${namespace} of this cluster has no stand-ins, so it may hold what people use: choose another cluster by KUBECONFIG, or delete the namespace.`,
    );
  }
}

async function exists(object: string): Promise<boolean> {
  return (await kubectl(['get', object, '--ignore-not-found', '--output=name'])) !== '';
}
