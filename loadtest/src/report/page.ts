import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Latency, Result, Sample } from '../result.ts';
import { Markup, markup } from './markup.ts';
import { timelineOf } from './panels.ts';
import { boundOf, keyFigures, storyOf, verdictOf } from './summary.ts';
import { table, type Column } from './table.ts';
import { timelineStyle, timelineSvg } from './timeline-svg.ts';
import { clock, duration, measured, number } from './wording.ts';

const style = new Markup(
  readFileSync(join(import.meta.dirname, 'report.css'), 'utf8') + timelineStyle,
);

/** Widths, in pixels, that the picture is drawn for: a desktop's and a phone's. */
const roomy = 1_040;
const narrow = 380;

/** A run as one HTML file that needs no other, and no script. */
export function reportPage(result: Result): string {
  const { name, profile, verdict, startedAt } = result;
  const timeline = timelineOf(result);
  const story = storyOf(result).map((sentence) => markup`<p>${sentence}</p>`);
  const figures = keyFigures(result).map(
    (figure) => markup`<div><dt>${figure.name}</dt><dd>${figure.value}</dd></div>`,
  );
  return markup`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Load test ${name}</title>
<style>${style}</style>
<main>
<h1>Load test: ${name}</h1>
<p class="soft">${profile.description} ${day(startedAt)}, ${duration(result.seconds)}.</p>
<p class="verdict${verdict.passed ? ' passed' : ''}">${verdictOf(result)}</p>
${story}
<dl class="figures">${figures}</dl>
<h2>Thresholds</h2>
${table('Thresholds', thresholdColumns, verdict.checks)}
<h2>Over time</h2>
<div class="roomy">${timelineSvg(timeline, roomy)}</div>
<div class="narrow">${timelineSvg(timeline, narrow)}</div>
<details><summary>The figures behind the picture</summary>
${table('Figures over time', sampleColumns, evenly(result.samples, 120))}
</details>
<h2>Phases</h2>
${table('Phases', stepColumns, result.steps)}
${visitors(result)}
${differences(result)}
${machine(result)}
<p class="soft"><a href="${name}.json">${name}.json</a> has every figure.</p>
</main>
</html>
`.text;
}

type Of<List extends readonly unknown[]> = List[number];

const thresholdColumns: Column<Of<Result['verdict']['checks']>>[] = [
  {
    title: 'Verdict',
    of: ({ passed }) =>
      passed
        ? markup`<span class="held">✓ held</span>`
        : markup`<span class="missed">✗ missed</span>`,
  },
  { title: 'What', of: ({ name }) => name, isHeading: true },
  { title: 'Measured', of: (check) => measured(check.measured, check.unit), isNumber: true },
  { title: 'Allowed', of: boundOf, isNumber: true },
];

const sampleColumns: Column<Sample>[] = [
  { title: 'min:s', of: ({ seconds }) => clock(seconds), isNumber: true, isHeading: true },
  ...(
    [
      ['outbox', (sample) => sample.outbox],
      ['queue', (sample) => sample.queueVisible],
      ['in work', (sample) => sample.queueInFlight],
      ['emus desired', (sample) => sample.emusDesired],
      ['emus ready', (sample) => sample.emusReady ?? sample.emus],
      ['rows/s', (sample) => sample.rowsPerSecond],
      ['lag p50, s', (sample) => sample.lagP50Seconds],
      ['lag p99, s', (sample) => sample.lagP99Seconds],
      ['tokens/s', (sample) => sample.tokensPerSecond],
      ['dead letters', (sample) => sample.deadLetters],
      ['rows', (sample) => sample.rows],
      ['records', (sample) => sample.indexed],
    ] satisfies [string, (sample: Sample) => number | null][]
  ).map(([title, read]) => ({
    title,
    of: (sample: Sample) => measured(read(sample), '').replace('not measured', '–'),
    isNumber: true,
  })),
];

const stepColumns: Column<Of<Result['steps']>>[] = [
  { title: 'Phase', of: ({ name }) => name, isHeading: true },
  { title: 'From', of: ({ fromSeconds }) => clock(fromSeconds), isNumber: true },
  {
    title: 'Took',
    of: ({ fromSeconds, toSeconds }) => duration(toSeconds - fromSeconds),
    isNumber: true,
  },
];

function visitors({ k6 }: Result): Markup | null {
  if (k6 === null) return null;
  const kinds: { name: string; counts: string[]; latency: Latency | null }[] = k6.visits.map(
    ({ name, requests, requestsPerSecond, failed, latency }) => ({
      name,
      counts: [number(requests), number(requestsPerSecond), `${number(failed * 100)} %`],
      latency,
    }),
  );
  if (k6.freshness) {
    const { samples } = k6.freshness;
    kinds.push({
      name: 'edit → searchable',
      counts: [number(samples), '–', '–'],
      latency: k6.freshness,
    });
  }
  const time = (read: (latency: Latency) => number) => (kind: (typeof kinds)[number]) =>
    kind.latency ? duration(read(kind.latency) / 1_000) : '–';
  const columns: Column<(typeof kinds)[number]>[] = [
    { title: 'Visitors', of: ({ name }) => name, isHeading: true },
    ...['requests', 'per second', 'failed'].map((title, at) => ({
      title,
      of: ({ counts }: (typeof kinds)[number]) => counts[at] ?? '',
      isNumber: true,
    })),
    { title: 'p50', of: time(({ p50Ms }) => p50Ms), isNumber: true },
    { title: 'p95', of: time(({ p95Ms }) => p95Ms), isNumber: true },
    { title: 'p99', of: time(({ p99Ms }) => p99Ms), isNumber: true },
    { title: 'longest', of: time(({ maxMs }) => maxMs), isNumber: true },
  ];
  return markup`<h2>Visitors</h2>
${table('Visitors', columns, kinds)}
<p class="soft">By k6 ${k6.version}; ${number(k6.mostVirtualUsers)} virtual users at most, ${number(k6.dropped)} visits dropped for want of them.</p>
`;
}

function differences({ audit }: Result): Markup | null {
  if (audit === null) return null;
  const { rows, records, missing, stale, orphaned, undecided, unindexable } = audit;
  const counts = { rows, records, missing, stale, orphaned, undecided, unindexable };
  const columns: Column<[string, number]>[] = [
    { title: 'Audit', of: ([what]) => what, isHeading: true },
    { title: 'Count', of: ([, count]) => number(count), isNumber: true },
  ];
  return markup`<h2>Table and index at the end</h2>
${table('Audit', columns, Object.entries(counts))}
`;
}

function machine({ machine: of, notes, usage, disk, target }: Result): Markup {
  const columns: Column<Of<Result['usage']>>[] = [
    { title: 'Process', of: ({ name }) => name, isHeading: true },
    { title: 'CPU', of: ({ cpuSeconds }) => duration(cpuSeconds), isNumber: true },
    { title: 'MB, first', of: ({ firstMb }) => number(firstMb), isNumber: true },
    { title: 'at most', of: ({ peakMb }) => number(peakMb), isNumber: true },
    { title: 'last', of: ({ lastMb }) => number(lastMb), isNumber: true },
  ];
  const where =
    target.namespace === null ? target.page : `${target.page}, namespace ${target.namespace}`;
  return markup`<h2>What it ran on</h2>
<p>${of.cpu}, ${of.cores} cores, ${of.memoryGb} GB; ${of.os}, Node ${of.node}. Target: ${where}.</p>
${notes.length > 0 ? markup`<ul>${notes.map((note) => markup`<li>${note}</li>`)}</ul>` : null}
${usage.length > 0 ? table('Processes', columns, usage) : null}
${disk ? markup`<p>Data on disk: ${number(disk.firstMb)} MB at first, ${number(disk.peakMb)} MB at most, ${number(disk.lastMb)} MB at last.</p>` : null}
`;
}

const day = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** So many at most, evenly over the whole, the last among them. */
function evenly<Item>(items: readonly Item[], most: number): Item[] {
  const step = Math.max(1, Math.ceil(items.length / most));
  return items.filter((_, at) => at % step === 0 || at === items.length - 1);
}
