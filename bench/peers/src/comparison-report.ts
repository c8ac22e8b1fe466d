import type { Machine } from '../../src/machine.ts';
import { describe, formatted, jsonText, rounded } from '../../src/report.ts';
import { summaryOf, type ComparedPart } from './comparison.ts';

export interface ComparisonResults {
  machine: Machine;
  /** Their names and titles, in the order of the columns. */
  peers: { name: string; title: string }[];
  parts: ComparedPart[];
}

/** A table for each part, a column for each peer, laid out as Prettier would. */
export function comparisonTables({ machine, peers, parts }: ComparisonResults): string {
  const sections = parts.flatMap(({ name, date, summary, figures }) => {
    const cells = [
      [name, 'unit', ...peers.map(({ title }) => title)],
      ...figures.map(({ title, unit, runs }) => [
        title,
        unit,
        ...peers.map((peer) => cellOf(runs[peer.name])),
      ]),
    ];
    const [head = [], ...rows] = cells;
    const widths = head.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
    const line = (row: string[]) =>
      `| ${row.map((cell, i) => (i > 1 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(' | ')} |`;
    const rule = widths.map((width, i) =>
      i > 1 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
    );
    return [`${summary} (${date})`, '', line(head), line(rule), ...rows.map(line), ''];
  });
  return [describe(machine), '', ...sections].join('\n');
}

export const comparisonJson = ({ machine, peers, parts }: ComparisonResults): string =>
  jsonText({
    machine,
    peers,
    parts: parts.map(({ name, date, summary, figures }) => ({
      name,
      date,
      summary,
      figures: figures.map(({ title, unit, runs }) => ({
        title,
        unit,
        runs: Object.fromEntries(
          Object.entries(runs).map(([peer, values]) => [peer, values.map((v) => rounded(v))]),
        ),
      })),
    })),
  });

/** The median, and the range where the runs differ; a dash where the peer was not measured. */
function cellOf(runs: readonly number[] | undefined): string {
  const summary = summaryOf(runs);
  if (summary === undefined) return '–';
  const range = summary.range?.map((value) => formatted(value)).join('–');
  return `${formatted(summary.median)}${range === undefined ? '' : ` (${range})`}`;
}
