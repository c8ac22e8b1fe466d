import { dashboard } from './dashboard.ts';
import type { Section } from './panel.ts';

const here = 'namespace="$namespace"';
const indexed = `${here}, index=~"$index"`;
const window = '$__rate_interval';

/** Every pelican shows the same figure of what all of them share: the largest is the newest. */
const waitingInOutbox = `max(aviary_pelican_outbox_waiting_rows{${here}})`;
const messages = (queue: string, state: string) =>
  `max(aviary_pelican_queue_messages{${here}, queue="${queue}", state="${state}"})`;
const lag = (quantile: number) =>
  `histogram_quantile(${quantile}, sum by (le) (rate(aviary_emu_commit_to_indexed_seconds_bucket{${indexed}}[${window}])))`;
const perSecond = (metric: string, matchers: string) =>
  `sum(rate(${metric}{${matchers}}[${window}]))`;
const readyPods = (deployment: string) =>
  `max(kube_deployment_status_replicas_available{${here}, deployment="${deployment}"})`;
const emuLimits = `${here}, horizontalpodautoscaler="emu"`;

const sections: Section[] = [
  {
    question: 'Is search in step with the table?',
    panels: [
      {
        title: 'On their way',
        description: 'Changes that are committed and not yet in the index.',
        kind: 'stat',
        unit: 'short',
        queries: [
          {
            expr: `${waitingInOutbox} + ${messages('changes', 'visible')} + ${messages('changes', 'in_flight')}`,
            legend: 'changes',
          },
        ],
      },
      {
        title: 'Lag, p99',
        description: 'From the commit in Postgres to the acceptance by the index.',
        kind: 'stat',
        unit: 's',
        queries: [{ expr: lag(0.99), legend: 'p99' }],
        alarmAt: 60,
      },
      {
        title: 'Dead letters',
        description:
          'Changes that could not be done, each with a reason: aviary dead-letters list.',
        kind: 'stat',
        unit: 'short',
        queries: [
          {
            expr: `${messages('dead_letters', 'visible')} + ${messages('dead_letters', 'in_flight')}`,
            legend: 'letters',
          },
        ],
        alarmAt: 1,
      },
      {
        title: 'Differences at the last audit',
        description: 'Records that were missing, stale or orphaned, mended since or not.',
        kind: 'stat',
        unit: 'short',
        queries: [
          {
            expr: `sum(max by (index, kind) (aviary_pelican_audit_differences{${indexed}, kind=~"missing|stale|orphaned"}))`,
            legend: 'records',
          },
        ],
        alarmAt: 1,
      },
      {
        title: 'Since the last audit',
        description: 'Since an audit last came to its end and left nothing undecided.',
        kind: 'stat',
        unit: 's',
        queries: [
          {
            expr: `time() - min(max by (index) (aviary_pelican_audit_last_success_timestamp_seconds{${indexed}}))`,
            legend: 'age',
          },
        ],
        alarmAt: 172_800,
      },
      {
        title: 'Ready',
        description: 'Pods that take work. No emu is right while nothing waits.',
        kind: 'stat',
        unit: 'short',
        queries: [
          { expr: readyPods('pelican'), legend: 'pelicans' },
          { expr: readyPods('emu'), legend: 'emus' },
          { expr: readyPods('frontend'), legend: 'frontends' },
        ],
      },
    ],
  },
  {
    question: 'Do the emus follow the backlog?',
    panels: [
      {
        title: 'Backlog and emus',
        description:
          'What waits and is in work in the queue, against the emus that are wanted and those that are ready.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          { expr: messages('changes', 'visible'), legend: 'waiting' },
          { expr: messages('changes', 'in_flight'), legend: 'in flight' },
          { expr: readyPods('emu'), legend: 'emus ready', right: true },
          {
            expr: `max(kube_horizontalpodautoscaler_status_desired_replicas{${emuLimits}})`,
            legend: 'emus wanted',
            right: true,
          },
          {
            expr: `max(kube_horizontalpodautoscaler_spec_max_replicas{${emuLimits}})`,
            legend: 'most emus',
            right: true,
          },
        ],
      },
      {
        title: 'Backlog per emu',
        description:
          'Settles below backlogPerPod while emus can be added; above it, all there may be are at work.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: `(${messages('changes', 'visible')} + ${messages('changes', 'in_flight')}) / clamp_min(${readyPods('emu')}, 1)`,
            legend: 'messages per emu',
          },
        ],
      },
    ],
  },
  {
    question: 'How fresh is search?',
    panels: [
      {
        title: 'From commit to index',
        description: 'How long changes take that arrived in the index.',
        kind: 'timeseries',
        unit: 's',
        queries: [
          { expr: lag(0.5), legend: 'p50' },
          { expr: lag(0.99), legend: 'p99' },
        ],
      },
      {
        title: 'Oldest change in the outbox',
        description: 'Rises when no pelican takes it: away, or held up by the queue.',
        kind: 'timeseries',
        unit: 's',
        queries: [
          { expr: `max(aviary_pelican_outbox_oldest_age_seconds{${here}})`, legend: 'age' },
          { expr: waitingInOutbox, legend: 'rows waiting', right: true },
        ],
      },
    ],
  },
  {
    question: 'How much goes through each stage?',
    panels: [
      {
        title: 'Rows per second',
        description: 'Where a line falls below the one before it, work piles up in between.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          { expr: perSecond('aviary_pelican_rows_claimed_total', here), legend: 'claimed' },
          { expr: perSecond('aviary_pelican_jobs_total', indexed), legend: 'published' },
          {
            expr: perSecond('aviary_emu_jobs_total', `${indexed}, outcome="done"`),
            legend: 'in the index',
          },
        ],
      },
      {
        title: 'Time of a batch in each stage, p90',
        description: 'Waits for the embedder and the index included.',
        kind: 'timeseries',
        unit: 's',
        queries: [
          {
            expr: `histogram_quantile(0.9, sum by (le, stage) (rate(aviary_emu_stage_duration_seconds_bucket{${here}}[${window}])))`,
            legend: '{{stage}}',
          },
        ],
      },
      {
        title: 'Backfills',
        description: 'Rows of the table that are yet to be put into the outbox.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: `max by (index) (aviary_pelican_backfill_remaining_rows{${indexed}})`,
            legend: '{{index}}',
          },
        ],
      },
    ],
  },
  {
    question: 'What do embeddings cost?',
    panels: [
      {
        title: 'Tokens a minute, against the limit',
        description: 'At the limit more emus bring nothing: raise the limit, or lower maxReplicas.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          { expr: `60 * ${perSecond('aviary_emu_tokens_total', here)}`, legend: 'used' },
          {
            expr: `sum(max by (model) (aviary_emu_embedding_tokens_per_minute_limit{${here}}))`,
            legend: 'limit',
          },
        ],
      },
      {
        title: 'Texts a second',
        description: 'Reused: the text was as before, and its vector was taken from the index.',
        kind: 'timeseries',
        unit: 'short',
        stacked: true,
        queries: [
          { expr: perSecond('aviary_emu_embedded_texts_total', indexed), legend: 'embedded' },
          { expr: perSecond('aviary_emu_reused_vectors_total', indexed), legend: 'reused' },
        ],
      },
    ],
  },
  {
    question: 'What goes wrong?',
    panels: [
      {
        title: 'Dead letters an hour',
        description:
          'By who sent them: pelican renders and publishes, emu decodes, embeds, writes.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: `sum by (stage) (increase(aviary_pelican_dead_letters_total{${indexed}}[1h]))`,
            legend: 'pelican, {{stage}}',
          },
          {
            expr: `sum by (op) (increase(aviary_emu_jobs_total{${here}, outcome="dead_lettered"}[1h]))`,
            legend: 'emu, {{op}}',
          },
        ],
      },
      {
        title: 'Calls repeated a second',
        description: 'A dependency is away, slow or limiting; its work waits, nothing is lost.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: `sum by (dependency) (rate(aviary_emu_retries_total{${here}}[${window}]))`,
            legend: '{{dependency}}',
          },
        ],
      },
      {
        title: 'Rows read anew an hour',
        description: 'Their record was in doubt, as after a write of unknown outcome.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: `sum(increase(aviary_pelican_rows_refreshed_total{${here}}[1h]))`,
            legend: 'rows',
          },
        ],
      },
    ],
  },
  {
    question: 'How is the search of a person?',
    panels: [
      {
        title: 'Time of a search by part, p99',
        description: 'Embedding the query, asking the index, finding words, reading the rows.',
        kind: 'timeseries',
        unit: 's',
        queries: [
          {
            expr: `histogram_quantile(0.99, sum by (le, part) (rate(aviary_frontend_search_duration_seconds_bucket{${here}}[${window}])))`,
            legend: '{{part}}',
          },
        ],
      },
      {
        title: 'Searches a second',
        description:
          'By what answered those who asked by meaning: keywords stand in while the embedder or the index is away.',
        kind: 'timeseries',
        unit: 'short',
        stacked: true,
        queries: [
          {
            expr: `sum by (answered) (rate(aviary_frontend_searches_total{${here}, asked="semantic"}[${window}]))`,
            legend: '{{answered}}',
          },
        ],
      },
      {
        title: 'What searches need',
        description: 'At 1 every frontend uses it, at 0 one goes without.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: `min by (dependency) (aviary_frontend_dependency_up{${here}})`,
            legend: '{{dependency}}',
          },
        ],
      },
      {
        title: 'Requests refused for overload, a second',
        description: 'Answered with 503 at once, so that the others are answered in time.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: `sum by (gate) (rate(aviary_frontend_requests_total{${here}, outcome="refused"}[${window}]))`,
            legend: '{{gate}} refused',
          },
          {
            expr: `sum by (gate) (aviary_frontend_requests_queued{${here}})`,
            legend: '{{gate}} waiting',
            right: true,
          },
        ],
      },
    ],
  },
  {
    question: 'How are the processes?',
    panels: [
      {
        title: 'Memory of the largest pod',
        description: 'Resident; the limit is 1 GiB for pelican and emu.',
        kind: 'timeseries',
        unit: 'bytes',
        queries: [
          {
            expr: `max by (service) (process_resident_memory_bytes{${here}})`,
            legend: '{{service}}',
          },
        ],
      },
      {
        title: 'Processor',
        description: 'Cores in use, over all pods.',
        kind: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: `sum by (service) (rate(process_cpu_seconds_total{${here}}[${window}]))`,
            legend: '{{service}}',
          },
        ],
      },
      {
        title: 'Event loop lag, p99',
        description: 'Above 100 ms a process is short of processor.',
        kind: 'timeseries',
        unit: 's',
        queries: [
          {
            expr: `max by (service) (nodejs_eventloop_lag_p99_seconds{${here}})`,
            legend: '{{service}}',
          },
        ],
      },
    ],
  },
];

/** Aviary's dashboard: each row answers a question, from "is it well?" down to the processes. */
export function aviaryDashboard(): Record<string, unknown> {
  return dashboard(
    {
      uid: 'aviary',
      title: 'Aviary',
      description: 'Whether search is in step with the tables, and why not.',
    },
    sections,
  );
}
