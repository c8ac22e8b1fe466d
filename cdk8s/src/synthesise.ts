import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SemanticIndex } from '@aviary/semantic-index';
import { App, Chart, Yaml } from 'cdk8s';
import { AuditChart } from './charts/audit.ts';
import type { ChartProps } from './charts/chart-props.ts';
import { EmuChart } from './charts/emu.ts';
import { FrontendChart } from './charts/frontend.ts';
import { InstallChart } from './charts/install.ts';
import { LoadBalancerChart } from './charts/load-balancer.ts';
import { MonitoringChart } from './charts/monitoring.ts';
import { NamespaceChart } from './charts/namespace.ts';
import { OperatorChart } from './charts/operator.ts';
import { PelicanChart } from './charts/pelican.ts';
import { SettingsChart } from './charts/settings.ts';
import { StandInsChart } from './charts/stand-ins.ts';

/** Of SemanticIndexes, as services/operator/api generates it. */
const definition = join(
  import.meta.dirname,
  '../../services/operator/api/semanticindexes.aviary.dev.yaml',
);

/** One file's worth of objects, by its name without an ending. Files are applied in the order of their names. */
export type Manifests = ReadonlyMap<string, string>;

/**
 * All objects of an environment as YAML: the same for the same environment, to the byte.
 *
 * @throws Error when a spec wants Secrets of its own and there is no operator: fixed workers, one set for all, have one
 *   key of each kind.
 */
export function synthesise(props: ChartProps): Manifests {
  const app = new App();
  const { environment, platform } = props;
  if (!environment.operator) environment.indexes.forEach(refuseSecrets);
  const charts: Chart[] = [
    new NamespaceChart(app, '00-namespace', props),
    new SettingsChart(app, '10-settings', props),
  ];
  if (environment.standIns) {
    const { standIns } = environment;
    charts.push(new StandInsChart(app, '20-stand-ins', { ...props, standIns }));
  }
  if (platform.ingress)
    charts.push(new LoadBalancerChart(app, '20-load-balancer', platform.ingress));
  const workers = environment.operator
    ? [new OperatorChart(app, '40-operator', props)]
    : [
        new InstallChart(app, '30-install', props),
        new PelicanChart(app, '40-pelican', props),
        new EmuChart(app, '50-emu', props),
        new AuditChart(app, '70-audit', props),
      ];
  charts.push(
    ...workers,
    new FrontendChart(app, '60-frontend', props),
    new MonitoringChart(app, '80-monitoring', props),
  );
  const manifests = charts.map((chart): [string, string] => [
    chart.node.id,
    Yaml.stringify(...(chart.toJson() as unknown[])),
  ]);
  if (environment.operator) manifests.push(['00-crd', readFileSync(definition, 'utf8')]);
  return new Map(manifests.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function refuseSecrets({ name, source, embedding, target }: SemanticIndex): void {
  const parts = Object.entries({ source, embedding, target });
  const [part] = parts.find(([, { secretRef }]) => secretRef !== undefined) ?? [];
  if (part === undefined) return;
  throw new Error(
    `The spec "${name}" has ${part}.secretRef, which an operator alone mounts: take it away, or set operator: true and apply the spec as a resource.`,
  );
}
