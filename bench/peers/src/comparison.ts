import { median } from '../../src/figures.ts';

/** One number, measured of each peer it can be measured of. */
export interface ComparedFigure {
  title: string;
  unit: string;
  /** By the peer's name: the value of each run. */
  runs: Record<string, number[]>;
}

export interface ComparedPart {
  name: string;
  /** The day of its newest run. */
  date: string;
  summary: string;
  figures: ComparedFigure[];
}

/** Collects figures in the order of their first run. */
export class Comparison {
  readonly #byTitle = new Map<string, ComparedFigure>();

  constructor(earlier: readonly ComparedFigure[] = []) {
    for (const figure of earlier) this.#byTitle.set(figure.title, structuredClone(figure));
  }

  add(peer: string, title: string, unit: string, value: number): void {
    const figure = this.#byTitle.get(title) ?? { title, unit, runs: {} };
    (figure.runs[peer] ??= []).push(value);
    this.#byTitle.set(title, figure);
  }

  get figures(): ComparedFigure[] {
    return [...this.#byTitle.values()];
  }
}

/** @returns for each figure and peer the median, and the lowest and highest where they differ; undefined where not measured. */
export function summaryOf(
  runs: readonly number[] | undefined,
): { median: number; range?: [number, number] } | undefined {
  if (runs === undefined || runs.length === 0) return undefined;
  const [low, high] = [Math.min(...runs), Math.max(...runs)];
  return { median: median(runs), ...(low < high && { range: [low, high] }) };
}
