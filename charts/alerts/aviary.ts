import type { Alert } from './rule.ts';

/**
 * A namespace is one Aviary. Where an operator makes workers for each SemanticIndex, each set of them has queues of its own,
 * and its name as the label `set`; fixed workers have no such label. Every pelican of a set shows the same of its queues.
 */
const messages = (queue: string) =>
  `sum by (namespace, set) (max by (namespace, set, state) (aviary_pelican_queue_messages{queue="${queue}", state=~"visible|in_flight"}))`;
/** What Kubernetes knows by the name of an object: in a set, its workload's with that of the set behind it. */
const ofSets = (workload: string, kind: string, metric: string) =>
  `max by (namespace, set) (label_replace(${metric}{${kind}=~"${workload}(-.+)?"}, "set", "$1", "${kind}", "${workload}-(.+)"))`;
const available = (workload: string) =>
  ofSets(workload, 'deployment', 'kube_deployment_status_replicas_available');
const ofEmus = (metric: string) => ofSets('emu', 'horizontalpodautoscaler', metric);
/** In Go's templates. */
const ofSet = '{{ with $labels.set }} of {{ . }}{{ end }}';
const lastAudit = 'max by (namespace, index) (aviary_pelican_audit_last_success_timestamp_seconds)';

export const alerts: Alert[] = [
  {
    name: 'AviaryDeadLetters',
    expr: `${messages('dead_letters')} > 0`,
    for: '5m',
    severity: 'warning',
    summary: `{{ $value }} dead letters${ofSet} in {{ $labels.namespace }}`,
    description:
      'These rows are not in the index as they are in the table. `aviary dead-letters list` says why; mend the rows, and redrive.',
  },
  {
    name: 'AviaryOutboxOld',
    expr: 'max by (namespace, set) (aviary_pelican_outbox_oldest_age_seconds) > 120',
    for: '5m',
    severity: 'critical',
    summary: `Changes${ofSet} wait in the outbox for {{ $value | humanizeDuration }}`,
    description:
      'Search falls behind the table, nothing is lost. No pelican takes the changes, or the queue takes none from it: see /readyz of the pelicans.',
  },
  {
    name: 'AviaryBacklogGrowing',
    expr: `max by (namespace, set) (deriv(aviary_pelican_queue_messages{queue="changes", state="visible"}[15m])) > 0 and on (namespace, set) ${ofEmus('kube_horizontalpodautoscaler_status_current_replicas')} >= on (namespace, set) ${ofEmus('kube_horizontalpodautoscaler_spec_max_replicas')}`,
    for: '15m',
    severity: 'warning',
    summary: `The backlog${ofSet} grows by {{ $value | humanize }} messages a second, with all emus at work`,
    description:
      'Search falls behind the table. Raise maxReplicas if the embedding limit has room, otherwise the limit.',
  },
  {
    name: 'AviaryLagHigh',
    expr: 'histogram_quantile(0.99, sum by (namespace, index, le) (rate(aviary_emu_commit_to_indexed_seconds_bucket[10m]))) > 300',
    for: '10m',
    severity: 'warning',
    summary: 'Changes of {{ $labels.index }} take {{ $value | humanizeDuration }} to be searchable',
    description:
      'One of a hundred changes takes longer than that. The dashboard shows in which stage they wait.',
  },
  {
    name: 'AviaryNoPelican',
    // A set of none is paused. That fixed workers were scaled to none by hand may have been forgotten.
    expr: `${available('pelican')} == 0 unless on (namespace, set) label_replace(kube_deployment_spec_replicas{deployment=~"pelican-.+"}, "set", "$1", "deployment", "pelican-(.+)") == 0`,
    for: '5m',
    severity: 'critical',
    summary: `No pelican${ofSet} is ready in {{ $labels.namespace }}`,
    description: 'Changes stay in the outbox until one is: search falls behind, nothing is lost.',
  },
  {
    name: 'AviaryNoEmu',
    expr: `${messages('changes')} > 0 and on (namespace, set) ${available('emu')} == 0`,
    for: '5m',
    severity: 'critical',
    summary: `{{ $value }} changes wait, and no emu${ofSet} is ready in {{ $labels.namespace }}`,
    description:
      'Search falls behind the table, nothing is lost. Either the emus cannot start, or KEDA does not see the queue: `kubectl describe scaledobjects`.',
  },
  {
    name: 'AviaryAuditDifferences',
    expr: 'sum by (namespace, index) (max by (namespace, index, kind) (aviary_pelican_audit_differences{kind=~"missing|stale|orphaned"})) > 0',
    for: '0m',
    severity: 'warning',
    summary: 'The last audit of {{ $labels.index }} found {{ $value }} differences',
    description:
      'The audit mends them by itself, but there should have been none: something wrote to the index or past the triggers.',
  },
  {
    name: 'AviaryAuditOverdue',
    // The second half: published to two days ago and still there, and no audit has ever come to an end.
    expr: `time() - ${lastAudit} > 172800 or count by (namespace, index) (aviary_pelican_jobs_total offset 2d) and on (namespace, index) aviary_pelican_jobs_total unless on (namespace, index) ${lastAudit}`,
    for: '1h',
    severity: 'warning',
    summary: 'No audit of {{ $labels.index }} came to its end in two days',
    description:
      'Whether the index equals the table is not known. See the log of the pelicans for audit_failed, and run `aviary audit`.',
  },
  {
    name: 'AviarySearchDegraded',
    expr: 'sum by (namespace) (rate(aviary_frontend_searches_total{asked="semantic", answered="keyword"}[5m])) / sum by (namespace) (rate(aviary_frontend_searches_total{asked="semantic"}[5m])) > 0.05',
    for: '5m',
    severity: 'critical',
    summary: '{{ $value | humanizePercentage }} of searches find by keywords only',
    description: 'The embedder or the index does not answer the frontend, or too late.',
  },
  {
    name: 'AviarySearchSlow',
    expr: 'histogram_quantile(0.99, sum by (namespace, part, le) (rate(aviary_frontend_search_duration_seconds_bucket[10m]))) > 1',
    for: '10m',
    severity: 'warning',
    summary: 'The part {{ $labels.part }} of a search takes {{ $value | humanizeDuration }}',
    description: 'One of a hundred searches takes longer than that in this part.',
  },
  {
    name: 'AviaryRequestsRefused',
    expr: 'sum by (namespace, gate) (rate(aviary_frontend_requests_total{outcome="refused"}[5m])) / sum by (namespace, gate) (rate(aviary_frontend_requests_total[5m])) > 0.01',
    for: '10m',
    severity: 'warning',
    summary:
      '{{ $value | humanizePercentage }} of requests at the gate {{ $labels.gate }} are refused',
    description: 'There are more than the frontends can answer: add replicas, or see what is slow.',
  },
  {
    name: 'AviaryEmbeddingBudgetSpent',
    expr: `60 * sum by (namespace) (rate(aviary_emu_tokens_total[10m])) > 0.95 * sum by (namespace) (max by (namespace, model) (aviary_emu_embedding_tokens_per_minute_limit)) and on (namespace) ${messages('changes')} > 0`,
    for: '30m',
    severity: 'warning',
    summary: 'Embeddings use all of the {{ $value | humanize }} tokens a minute there are',
    description:
      'The backlog drains as fast as the limit allows; more emus bring nothing. Ask for a higher limit, or let it drain.',
  },
];
