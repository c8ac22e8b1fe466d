import { kubectlIn } from './kubectl.ts';

/** Applies files as a person would, in the order of their names. */
export async function applyManifests(
  manifests: ReadonlyMap<string, string>,
  where: string,
): Promise<void> {
  const kubectl = kubectlIn(where);
  const monitors = 'crd/podmonitors.monitoring.coreos.com';
  const hasMonitors = (await kubectl(['get', monitors, '--ignore-not-found', '-o', 'name'])) !== '';
  for (const name of [...manifests.keys()].sort()) {
    const yaml = manifests.get(name) ?? '';
    // Who has no Prometheus operator has no such kind.
    if (yaml.includes('kind: PodMonitor') && !hasMonitors) continue;
    const applied = await kubectl(['apply', '--filename=-', '--output=name'], {
      input: yaml,
    });
    // What comes after Jobs needs what they make, and would begin with a back-off.
    const jobs = applied.split('\n').filter((object) => object.startsWith('job.batch/'));
    for (const job of jobs) {
      await kubectl(['wait', job, '--for=condition=complete', '--timeout=300s'], {
        timeoutMs: 310_000,
      });
    }
  }
}
