/**
 * Metrics of others that queries may use, with their labels: of kube-state-metrics 2.x, whose own labels
 * kube-prometheus-stack keeps (honorLabels).
 */
export const foreignMetrics: Record<string, readonly string[]> = {
  kube_deployment_spec_replicas: ['namespace', 'deployment'],
  kube_deployment_status_replicas_available: ['namespace', 'deployment'],
  kube_horizontalpodautoscaler_spec_max_replicas: ['namespace', 'horizontalpodautoscaler'],
  kube_horizontalpodautoscaler_status_current_replicas: ['namespace', 'horizontalpodautoscaler'],
  kube_horizontalpodautoscaler_status_desired_replicas: ['namespace', 'horizontalpodautoscaler'],
};

/** What Prometheus adds to each sample of a PodMonitor; `set` is by cdk8s' own. */
export const targetLabels = ['namespace', 'pod', 'container', 'job', 'instance', 'endpoint', 'set'];
