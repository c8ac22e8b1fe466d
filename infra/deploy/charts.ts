import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { thirdPartyCharts, type ThirdPartyChart } from '../../charts/third-party.ts';
import type { Deployment } from './deployment.ts';

/** Others' charts that production runs with, as charts/versions.yaml pins them. */
export const productionCharts = (): ThirdPartyChart[] =>
  thirdPartyCharts().filter(({ environments }) => environments.includes('prod'));

/** Installs or upgrades them, one after another, each until it is ready; and Aviary's dashboard and alerts. */
export async function charts(deployment: Deployment): Promise<void> {
  const { tools } = deployment;
  for (const { name, repository, version, namespace } of productionCharts()) {
    deployment.say(`${name} ${version}`);
    await tools.run('helm', [
      ...['upgrade', '--install', name, name, '--repo', repository, '--version', version],
      ...['--namespace', namespace, '--create-namespace'],
      ...['--values', `charts/values/${name}.yaml`, '--wait', '--timeout', '10m'],
    ]);
  }
  const monitoring = ['apply', '--server-side', '--force-conflicts', '--namespace', 'monitoring'];
  await tools.run('kubectl', [...monitoring, '-f', '-'], { input: dashboard(deployment.root) });
  await tools.run('kubectl', [...monitoring, '-f', 'charts/alerts/aviary.yaml']);
}

/** As Grafana's sidecar finds dashboards: by that label. */
const dashboard = (root: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'aviary-dashboard', labels: { grafana_dashboard: '1' } },
    data: { 'aviary.json': readFileSync(join(root, 'charts/dashboards/aviary.json'), 'utf8') },
  });
