import { describe, expect, it } from 'vitest';
import { addPage, type Shown } from './exposition.ts';
import { queryFaults } from './query-faults.ts';

const shown: Shown = new Map();
addPage(
  shown,
  `# HELP lag_seconds From commit to index.
# TYPE lag_seconds histogram
lag_seconds_bucket{le="1",index="a \\" b"} 3
lag_seconds_sum{index="a \\" b"} 2
# TYPE jobs_total counter
jobs_total{op="upsert"} 12
# TYPE letters_total counter
`,
);

describe('queryFaults', () => {
  it.each([
    'sum by (index, le, namespace) (rate(lag_seconds_bucket[5m]))',
    'letters_total + on (pod) jobs_total{op="upsert", pod="x"}',
    'kube_deployment_status_replicas_available{deployment="emu"}',
    'max by (from) (label_replace(jobs_total, "from", "$1", "pod", "(.+)-1"))',
  ])('has nothing to say of %s', (query) => {
    expect(queryFaults(query, shown)).toEqual([]);
  });

  it.each([
    ['jobs', 'no service shows jobs'],
    ['lag_seconds', 'no service shows lag_seconds'],
    ['jobs_total{kind="x"}', 'jobs_total has no label kind'],
    ['jobs_total{op="delete"}', 'jobs_total has op upsert, and not delete'],
    [
      'max by (to) (label_replace(jobs_total, "from", "$1", "pod", "(.+)-1"))',
      'nothing in it has the label to',
    ],
    ['sum by (le) (jobs_total)', 'nothing in it has the label le'],
  ])('of %s it says: %s', (query, fault) => {
    expect(queryFaults(query, shown)).toEqual([fault]);
  });
});
