import { App, Chart, Yaml } from 'cdk8s';
import { AuditChart } from './charts/audit.ts';
import type { ChartProps } from './charts/chart-props.ts';
import { EmuChart } from './charts/emu.ts';
import { FrontendChart } from './charts/frontend.ts';
import { InstallChart } from './charts/install.ts';
import { LoadBalancerChart } from './charts/load-balancer.ts';
import { MonitoringChart } from './charts/monitoring.ts';
import { NamespaceChart } from './charts/namespace.ts';
import { PelicanChart } from './charts/pelican.ts';
import { SettingsChart } from './charts/settings.ts';
import { StandInsChart } from './charts/stand-ins.ts';

/** One file's worth of objects, by its name without an ending. Files are applied in the order of their names. */
export type Manifests = ReadonlyMap<string, string>;

/** All objects of an environment as YAML: the same for the same environment, to the byte. */
export function synthesise(props: ChartProps): Manifests {
  const app = new App();
  const { environment, platform } = props;
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
  charts.push(
    new InstallChart(app, '30-install', props),
    new PelicanChart(app, '40-pelican', props),
    new EmuChart(app, '50-emu', props),
    new FrontendChart(app, '60-frontend', props),
    new AuditChart(app, '70-audit', props),
    new MonitoringChart(app, '80-monitoring', props),
  );
  return new Map(
    charts.map((chart) => [chart.node.id, Yaml.stringify(...(chart.toJson() as unknown[]))]),
  );
}
