import type { Figure } from './figures.ts';
import type { Workbench } from './workbench.ts';

/** An option that is a number, or several separated by commas. */
export interface NumberOption {
  default: number | readonly number[];
  /** In a run that only shows that everything works. */
  quick: number | readonly number[];
  help: string;
}

/** What the options of a measurement come to. */
export type Settings<O extends Record<string, NumberOption>> = {
  readonly [Name in keyof O]: O[Name]['default'] extends number ? number : readonly number[];
};

/** One measurement: its file also runs alone. */
export interface Measurement<O extends Record<string, NumberOption>> {
  name: string;
  /** One sentence for --help. */
  summary: string;
  options: O;
  measure: (workbench: Workbench, settings: Settings<O>) => Promise<Figure[]>;
}

/** Keeps the types of the options, which an annotation would widen. */
export function defineMeasurement<const O extends Record<string, NumberOption>>(
  measurement: Measurement<O>,
): Measurement<O> {
  return measurement;
}
