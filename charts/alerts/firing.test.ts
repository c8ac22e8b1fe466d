import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { expect, it } from 'vitest';
import { alerts } from './aviary.ts';
import { prometheusRule } from './rule.ts';

const promtool = spawnSync('promtool', ['--version']).status === 0;
if (!promtool) {
  console.warn('ALERTS WERE NOT TRIED: there is no promtool (Debian: apt-get install prometheus).');
}

const here = 'namespace="aviary"';
const pelican = `${here}, pod="pelican-1"`;
const messages = (queue: string) =>
  `aviary_pelican_queue_messages{${pelican}, queue="${queue}", state="visible"}`;
const available = (name: string) =>
  `kube_deployment_status_replicas_available{${here}, deployment="${name}"}`;
const emus = (figure: string) =>
  `kube_horizontalpodautoscaler_${figure}{${here}, horizontalpodautoscaler="emu"}`;
const lastAudit = `aviary_pelican_audit_last_success_timestamp_seconds{${pelican}, index="products"}`;
const buckets = (metric: string, labels: string, [below, all]: [string, string]) => ({
  [`${metric}_bucket{${here}, ${labels}, le="0.5"}`]: below,
  [`${metric}_bucket{${here}, ${labels}, le="600"}`]: all,
  [`${metric}_bucket{${here}, ${labels}, le="+Inf"}`]: all,
});

/** In promtool's notation: first value, step, number of steps. */
const always = (value: number) => `${value}x1100`;
const rising = (step: number) => `0+${step}x1100`;

const well: Record<string, string> = {
  [messages('changes')]: always(50),
  [messages('dead_letters')]: always(0),
  [`aviary_pelican_outbox_oldest_age_seconds{${pelican}}`]: always(1),
  [`aviary_pelican_jobs_total{${pelican}, index="products", op="upsert"}`]: rising(60),
  [`aviary_pelican_audit_differences{${pelican}, index="products", kind="stale"}`]: always(0),
  [lastAudit]: always(0),
  [available('pelican')]: always(1),
  [available('emu')]: always(2),
  [emus('status_current_replicas')]: always(2),
  [emus('spec_max_replicas')]: always(8),
  [`aviary_emu_tokens_total{${here}, pod="emu-1", index="products"}`]: rising(1_000),
  [`aviary_emu_embedding_tokens_per_minute_limit{${here}, pod="emu-1", model="m"}`]: always(10_000),
  ...buckets('aviary_emu_commit_to_indexed_seconds', 'index="products"', [rising(60), rising(60)]),
  [`aviary_frontend_searches_total{${here}, asked="semantic", answered="semantic"}`]: rising(60),
  [`aviary_frontend_searches_total{${here}, asked="semantic", answered="keyword"}`]: rising(0),
  [`aviary_frontend_requests_total{${here}, gate="search", outcome="admitted"}`]: rising(60),
  [`aviary_frontend_requests_total{${here}, gate="search", outcome="refused"}`]: rising(0),
  ...buckets('aviary_frontend_search_duration_seconds', 'part="embed"', [rising(60), rising(60)]),
};

/**
 * A SemanticIndex that an operator serves, beside the fixed workers: its pods have the label `set`, its other objects its
 * name.
 */
const books = 'namespace="aviary", pod="pelican-books-1", set="books"';
const messagesOfBooks = (queue: string) =>
  `aviary_pelican_queue_messages{${books}, queue="${queue}", state="visible"}`;
const lastAuditOfBooks = `aviary_pelican_audit_last_success_timestamp_seconds{${books}, index="books"}`;
const jobsOfBooks = `aviary_pelican_jobs_total{${books}, index="books", op="upsert"}`;
const emusOfBooks = (figure: string) =>
  `kube_horizontalpodautoscaler_${figure}{${here}, horizontalpodautoscaler="emu-books"}`;
const wanted = (name: string) => `kube_deployment_spec_replicas{${here}, deployment="${name}"}`;
const withBooks: Record<string, string> = {
  [messagesOfBooks('changes')]: always(50),
  [messagesOfBooks('dead_letters')]: always(0),
  [`aviary_pelican_outbox_oldest_age_seconds{${books}}`]: always(1),
  [jobsOfBooks]: rising(60),
  [lastAuditOfBooks]: always(0),
  [wanted('pelican')]: always(1),
  [wanted('pelican-books')]: always(1),
  [available('pelican-books')]: always(1),
  [available('emu-books')]: always(2),
  [emusOfBooks('status_current_replicas')]: always(2),
  [emusOfBooks('spec_max_replicas')]: always(8),
};
/** Promtool's notation of a series that ends, after an hour or after two days and a half. */
const ending = { anHour: '1+1x60', mostOfThreeDays: '1+1x900' };

/** What is different from `well` for two hours, or for three days, and which alerts that raises. */
const faults: { change: Record<string, string>; days?: true; raises: string[] }[] = [
  { change: {}, raises: [] },
  { change: { [messages('dead_letters')]: always(1) }, raises: ['AviaryDeadLetters'] },
  {
    change: { [`aviary_pelican_outbox_oldest_age_seconds{${pelican}}`]: always(300) },
    raises: ['AviaryOutboxOld'],
  },
  { change: { [messages('changes')]: rising(10) }, raises: [] },
  {
    change: { [messages('changes')]: rising(10), [emus('status_current_replicas')]: always(8) },
    raises: ['AviaryBacklogGrowing'],
  },
  {
    change: buckets('aviary_emu_commit_to_indexed_seconds', 'index="products"', [
      rising(1),
      rising(60),
    ]),
    raises: ['AviaryLagHigh'],
  },
  { change: { [available('pelican')]: always(0) }, raises: ['AviaryNoPelican'] },
  { change: { [available('emu')]: always(0) }, raises: ['AviaryNoEmu'] },
  { change: { [available('emu')]: always(0), [messages('changes')]: always(0) }, raises: [] },
  {
    change: {
      [`aviary_pelican_audit_differences{${pelican}, index="products", kind="stale"}`]: always(2),
    },
    raises: ['AviaryAuditDifferences'],
  },
  { change: {}, days: true, raises: ['AviaryAuditOverdue'] },
  { change: { [lastAudit]: '_x1100' }, days: true, raises: ['AviaryAuditOverdue'] },
  { change: { [lastAudit]: '0x719 172800x380' }, days: true, raises: [] },
  {
    change: {
      [`aviary_frontend_searches_total{${here}, asked="semantic", answered="keyword"}`]: rising(6),
    },
    raises: ['AviarySearchDegraded'],
  },
  {
    change: buckets('aviary_frontend_search_duration_seconds', 'part="embed"', [
      rising(1),
      rising(60),
    ]),
    raises: ['AviarySearchSlow'],
  },
  {
    change: {
      [`aviary_frontend_requests_total{${here}, gate="search", outcome="refused"}`]: rising(6),
    },
    raises: ['AviaryRequestsRefused'],
  },
  {
    change: { [`aviary_emu_tokens_total{${here}, pod="emu-1", index="products"}`]: rising(9_900) },
    raises: ['AviaryEmbeddingBudgetSpent'],
  },
  { change: withBooks, raises: [] },
  {
    change: { ...withBooks, [messagesOfBooks('dead_letters')]: always(1) },
    raises: ['AviaryDeadLetters'],
  },
  {
    change: { ...withBooks, [`aviary_pelican_outbox_oldest_age_seconds{${books}}`]: always(300) },
    raises: ['AviaryOutboxOld'],
  },
  {
    change: {
      ...withBooks,
      [messagesOfBooks('changes')]: rising(10),
      [emusOfBooks('status_current_replicas')]: always(8),
    },
    raises: ['AviaryBacklogGrowing'],
  },
  // Others' backlog is no reason, nor are others' emus that are all at work.
  {
    change: {
      ...withBooks,
      [messages('changes')]: rising(10),
      [emusOfBooks('status_current_replicas')]: always(8),
    },
    raises: [],
  },
  {
    change: { ...withBooks, [available('pelican-books')]: always(0) },
    raises: ['AviaryNoPelican'],
  },
  { change: { ...withBooks, [available('emu-books')]: always(0) }, raises: ['AviaryNoEmu'] },
  // An idle index beside a busy one.
  {
    change: {
      ...withBooks,
      [available('emu-books')]: always(0),
      [messagesOfBooks('changes')]: always(0),
    },
    raises: [],
  },
  // Paused: its Deployments are there, and want no pod.
  {
    change: {
      ...withBooks,
      ...Object.fromEntries(
        [available('pelican-books'), available('emu-books'), wanted('pelican-books')].map(
          (series) => [series, always(0)],
        ),
      ),
      [messagesOfBooks('changes')]: ending.anHour,
    },
    raises: [],
  },
  // Deleted: nobody audits any more, nor is there anything to audit.
  {
    change: {
      ...withBooks,
      [lastAudit]: '0x719 172800x380',
      [lastAuditOfBooks]: '0x719 172800x180',
      [jobsOfBooks]: ending.mostOfThreeDays,
    },
    days: true,
    raises: [],
  },
];

it.skipIf(!promtool)('each alert fires at its fault, and at no other', () => {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'aviary-alerts-'));
  const { spec } = prometheusRule('aviary', alerts);
  writeFileSync(join(directory.path, 'rules.yaml'), stringify(spec));
  const tests = {
    rule_files: ['rules.yaml'],
    evaluation_interval: '5m',
    tests: faults.map(({ change, days, raises }) => ({
      // As far apart as a sample still counts as present.
      interval: days ? '4m' : '1m',
      input_series: Object.entries({ ...well, ...change }).map(([series, values]) => ({
        series,
        values,
      })),
      promql_expr_test: [
        {
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: days ? '3d' : '2h',
          exp_samples: raises.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
        },
      ],
    })),
  };
  writeFileSync(join(directory.path, 'tests.yaml'), stringify(tests));
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'tests.yaml'], {
    cwd: directory.path,
    encoding: 'utf8',
  });
  expect(status, stdout + stderr).toBe(0);
  expect(new Set(faults.flatMap(({ raises }) => raises))).toEqual(
    new Set(alerts.map(({ name }) => name)),
  );
});
