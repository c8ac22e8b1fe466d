import { datasource, grafanaPanel, type GrafanaPanel, type Section } from './panel.ts';

const columns = 24;
const heights = { stat: 4, timeseries: 8 };

/** A Grafana dashboard, as its JSON model: one row a section, whose panels share the width. */
export function dashboard(
  about: { uid: string; title: string; description: string },
  sections: readonly Section[],
): Record<string, unknown> {
  const panels: (GrafanaPanel | Record<string, unknown>)[] = [];
  let y = 0;
  let id = 0;
  for (const { question, panels: inside } of sections) {
    panels.push({
      id: (id += 1),
      type: 'row',
      title: question,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: columns, h: 1 },
    });
    y += 1;
    const width = Math.floor(columns / inside.length);
    const height = Math.max(...inside.map(({ kind }) => heights[kind]));
    for (const [position, panel] of inside.entries()) {
      panels.push(grafanaPanel(panel, { id: (id += 1), x: position * width, y, width, height }));
    }
    y += height;
  }
  return {
    ...about,
    tags: ['aviary'],
    schemaVersion: 41,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    timezone: 'browser',
    templating: { list: variables },
    annotations: { list: [] },
    panels,
  };
}

/** Labels a person chooses among, each from a metric that any Aviary shows. */
export const choices = {
  namespace: 'aviary_pelican_rows_claimed_total',
  index: 'aviary_emu_jobs_total',
};

const variables = [
  {
    name: 'datasource',
    label: 'Prometheus',
    type: 'datasource',
    query: 'prometheus',
    current: {},
  },
  fromLabel('namespace', choices.namespace, { all: false }),
  fromLabel('index', `${choices.index}{namespace="$namespace"}`, { all: true }),
];

function fromLabel(label: string, metric: string, { all }: { all: boolean }) {
  return {
    name: label,
    type: 'query',
    datasource,
    query: `label_values(${metric}, ${label})`,
    refresh: 2,
    sort: 1,
    multi: all,
    includeAll: all,
    ...(all ? { allValue: '.*' } : {}),
  };
}
