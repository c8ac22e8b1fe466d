/** One number that was measured in several runs. */
export interface Figure {
  title: string;
  unit: string;
  runs: number[];
}

/** Collects figures in the order of their first run. */
export class Figures {
  readonly #byTitle = new Map<string, Figure>();

  /** @throws RangeError for what is no number: of nothing there is no median. */
  add(title: string, unit: string, value: number): void {
    if (!Number.isFinite(value)) throw new RangeError(`"${title}" came out as ${value}.`);
    const figure = this.#byTitle.get(title) ?? { title, unit, runs: [] };
    figure.runs.push(value);
    this.#byTitle.set(title, figure);
  }

  get list(): Figure[] {
    return [...this.#byTitle.values()];
  }
}

/** The value below which that share of the values lies, 0 to 1; between two values where it falls between. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
