/** What is worth a person's attention, as Prometheus sees it. */
export interface Alert {
  /** In Pascal case, and begins with `Aviary`. */
  name: `Aviary${string}`;
  expr: string;
  /** How long it has to hold, as Prometheus writes durations. */
  for: string;
  /** critical: search falls behind or is away, somebody is woken. warning: somebody looks the same day. */
  severity: 'critical' | 'warning';
  /** One line; may use the labels of `expr`. */
  summary: string;
  /** What it means for people who search, and what to look at first. */
  description: string;
}

/** Where the section of an alert is in docs/troubleshooting.md. */
export function anchorOf(name: Alert['name']): string {
  return name
    .replace(/^Aviary/, '')
    .replace(/(?<=.)[A-Z]/g, (capital) => `-${capital}`)
    .toLowerCase();
}

/** The object that Prometheus' operator takes rules from. */
export function prometheusRule(name: string, alerts: readonly Alert[]): Record<string, unknown> {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'aviary' } },
    spec: { groups: [{ name, rules: alerts.map(ruleOf) }] },
  };
}

function ruleOf({ name, expr, for: duration, severity, summary, description }: Alert) {
  return {
    alert: name,
    expr,
    for: duration,
    labels: { severity },
    annotations: {
      summary,
      description,
      runbook_url: `docs/troubleshooting.md#${anchorOf(name)}`,
    },
  };
}
