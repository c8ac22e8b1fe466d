import { readQuery, type Selector } from '../promql/read-query.ts';
import type { Shown } from './exposition.ts';
import { foreignMetrics, targetLabels } from './foreign.ts';

/** Why a query would find nothing: metrics, labels and values that nobody shows. */
export function queryFaults(query: string, shown: Shown): string[] {
  const selectors = readQuery(query);
  const grouped = new Set(selectors.flatMap(({ grouping }) => grouping));
  return [
    ...selectors.flatMap((selector) => selectorFaults(selector, shown)),
    ...[...grouped].flatMap((label) => {
      const within = selectors.filter(({ grouping }) => grouping.includes(label));
      return within.some(
        ({ metric, made }) => made.includes(label) || labelsOf(metric, shown)?.has(label),
      )
        ? []
        : [`nothing in it has the label ${label}`];
    }),
  ];
}

function selectorFaults({ metric, matchers }: Selector, shown: Shown): string[] {
  const labels = labelsOf(metric, shown);
  if (labels === undefined) return [`no service shows ${metric}`];
  return matchers.flatMap(({ label, value }) => {
    if (!labels.has(label)) return [`${metric} has no label ${label}`];
    const values = shown.get(metric)?.get(label);
    const isKnown = value === undefined || values === undefined || values.has(value);
    return isKnown ? [] : [`${metric} has ${label} ${[...values].join(', ')}, and not ${value}`];
  });
}

function labelsOf(metric: string, shown: Shown): Set<string> | undefined {
  const foreign = foreignMetrics[metric];
  if (foreign !== undefined) return new Set(foreign);
  const own = shown.get(metric);
  return own && new Set([...own.keys(), ...targetLabels]);
}
