/** A PromQL query of a panel, and what its series are called. */
export interface Query {
  expr: string;
  legend: string;
  /** Drawn against an axis of its own, on the right. */
  right?: boolean;
}

export interface Panel {
  title: string;
  /** What a person reads out of it. */
  description: string;
  kind: 'stat' | 'timeseries';
  /** As Grafana names units: `s`, `short`, `bytes`, `percentunit`, `reqps`. */
  unit: string;
  queries: Query[];
  /** From this value on it is red. */
  alarmAt?: number;
  /** Series on top of each other: parts of a whole. */
  stacked?: boolean;
}

/** A line of panels that answer one question. */
export interface Section {
  question: string;
  panels: Panel[];
}

export type GrafanaPanel = Record<string, unknown> & { id: number; title: string };

interface Place {
  id: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export const datasource = { type: 'prometheus', uid: '${datasource}' };

export function grafanaPanel(panel: Panel, place: Place): GrafanaPanel {
  const { title, description, kind, unit, queries, alarmAt, stacked = false } = panel;
  const steps =
    alarmAt === undefined
      ? [{ color: kind === 'stat' ? 'text' : 'green', value: null }]
      : [
          { color: 'green', value: null },
          { color: 'red', value: alarmAt },
        ];
  return {
    id: place.id,
    type: kind,
    title,
    description,
    datasource,
    gridPos: { x: place.x, y: place.y, w: place.width, h: place.height },
    targets: queries.map(({ expr, legend }, position) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + position),
      datasource,
      expr,
      legendFormat: legend,
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        thresholds: { mode: 'absolute', steps },
        ...(kind === 'timeseries' ? { custom: lines(stacked) } : {}),
      },
      overrides: queries.flatMap(({ legend, right }) => (right ? [onTheRight(legend)] : [])),
    },
    options: kind === 'stat' ? statOptions : seriesOptions,
  };
}

const lines = (stacked: boolean) => ({
  lineWidth: 1,
  fillOpacity: stacked ? 40 : 8,
  showPoints: 'never',
  stacking: { mode: stacked ? 'normal' : 'none' },
});

const onTheRight = (legend: string) => ({
  matcher: { id: 'byName', options: legend },
  properties: [
    { id: 'custom.axisPlacement', value: 'right' },
    { id: 'custom.lineInterpolation', value: 'stepAfter' },
    { id: 'custom.lineWidth', value: 2 },
    { id: 'unit', value: 'short' },
  ],
});

const statOptions = {
  reduceOptions: { calcs: ['lastNotNull'] },
  colorMode: 'value',
  graphMode: 'area',
};

const seriesOptions = {
  legend: { displayMode: 'list', placement: 'bottom' },
  tooltip: { mode: 'multi', sort: 'desc' },
};
