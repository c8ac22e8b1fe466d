import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reportCluster } from './failure-report.ts';
import { kubectl, namespace, untilCondition, untilRolledOut } from './kubectl.ts';

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
    for (const name of (await readdir(manifests)).sort()) {
      const objects = await apply(name);
      // What comes after them needs what they make, and would begin with a back-off.
      for (const job of objects.filter((object) => object.startsWith('job.batch/'))) {
        await untilCondition(job, 'condition=complete', 300);
      }
    }
    for (const name of ['pelican', 'emu', 'frontend']) await untilRolledOut(name, 300);
  } catch (error) {
    process.stderr.write(await reportCluster());
    throw error;
  }
}

/** @returns the objects' names */
async function apply(name: string): Promise<string[]> {
  const yaml = await readFile(join(manifests, name), 'utf8');
  // Who has no Prometheus operator has no such kind.
  if (yaml.includes('kind: PodMonitor') && !(await exists('crd/podmonitors.monitoring.coreos.com')))
    return [];
  const names = await kubectl(['apply', '--filename=-', '--output=name'], { input: yaml });
  return names.trim().split('\n');
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
