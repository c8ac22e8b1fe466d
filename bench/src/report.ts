import { median, type Figure } from './figures.ts';
import type { Machine } from './machine.ts';

export interface Results {
  machine: Machine;
  /** Each with the day it was taken. */
  measurements: { name: string; date: string; summary: string; figures: Figure[] }[];
}

/** Tables for a terminal. */
export function textReport(results: Results): string {
  const sections = results.measurements.map(({ name, date, summary, figures }) => {
    const cells = [['', 'median', 'range', 'unit'], ...figures.map(cellsOf)];
    const widths = widthsOf(cells);
    const lines = cells.map((row) =>
      row
        .map((cell, i) =>
          i === 0 || i === 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    );
    return [`${name}, ${date}: ${summary}`, ...lines, ''].join('\n');
  });
  return [describe(results.machine), '', ...sections].join('\n');
}

/** The same tables in Markdown, laid out as Prettier would. */
export function markdownReport(results: Results): string {
  const sections = results.measurements.flatMap(({ name, date, summary, figures }) => {
    const cells = [[name, 'median', 'range', 'unit'], ...figures.map(cellsOf)];
    const widths = widthsOf(cells);
    const line = (row: string[]) =>
      `| ${row.map((cell, i) => (i === 1 || i === 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(' | ')} |`;
    const rule = widths.map((width, i) =>
      i === 1 || i === 2 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
    );
    const [head = [], ...rows] = cells;
    return [`${summary} (${date})`, '', line(head), line(rule), ...rows.map(line), ''];
  });
  return [describe(results.machine), '', ...sections].join('\n');
}

/** With each figure's median, range and runs. */
export function jsonReport({ machine, measurements }: Results): string {
  const summarised = measurements.map(({ name, date, figures }) => ({
    name,
    date,
    figures: figures.map(({ title, unit, runs }) => ({
      title,
      unit,
      median: rounded(median(runs)),
      min: rounded(Math.min(...runs)),
      max: rounded(Math.max(...runs)),
      runs: runs.map((value) => rounded(value)),
    })),
  }));
  return jsonText({ machine, measurements: summarised });
}

/** JSON with lists of numbers on one line, as Prettier would. */
export function jsonText(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return `${json.replaceAll(/\[\s+([\d\s.,e-]+?)\s+\]/g, (_, list: string) => `[${list.replaceAll(/\s+/g, ' ')}]`)}\n`;
}

export function describe({ cores, model, memoryGigabytes, node, postgres }: Machine): string {
  return `Measured on ${cores} cores of ${model}, ${memoryGigabytes} GB, Node ${node}, Postgres ${postgres}.`;
}

function cellsOf({ title, unit, runs }: Figure): string[] {
  const [low, high] = [Math.min(...runs), Math.max(...runs)].map(formatted);
  return [
    title,
    formatted(median(runs)),
    runs.length > 1 ? `${low ?? ''}–${high ?? ''}` : '',
    unit,
  ];
}

/** Three significant digits, and no decimals from 100 on. */
export function formatted(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(rounded(value, 3));
}

export function rounded(value: number, digits = 5): number {
  return Number(value.toPrecision(digits));
}

function widthsOf(cells: readonly string[][]): number[] {
  const [head = []] = cells;
  return head.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
}
