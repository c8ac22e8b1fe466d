/** Figures as people read them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** Such as 0.05, 7.3, 42 and 12,400. */
export function number(value: number): string {
  if (Math.abs(value) >= 100) return whole.format(value);
  return Math.abs(value) >= 1 ? tenths.format(value) : threeDigits.format(value);
}

/** As {@link number}, in thousands or millions where that is shorter: for axes. */
export function shortNumber(value: number): string {
  if (Math.abs(value) >= 1e6) return `${threeDigits.format(value / 1e6)}M`;
  if (Math.abs(value) >= 1e4) return `${threeDigits.format(value / 1e3)}k`;
  return number(value);
}

/** Such as 80 ms, 4.2 s, 75 s, 3 min 20 s and 1 h 5 min. */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 0.9995) return `${number(Math.round(seconds * 1_000))} ms`;
  if (seconds < 99.95) return `${tenths.format(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const [large, small, units] =
    minutes < 60
      ? [minutes, Math.round(seconds) % 60, ['min', 's']]
      : [Math.floor(minutes / 60), minutes % 60, ['h', 'min']];
  return small === 0 ? `${large} ${units[0]}` : `${large} ${units[0]} ${small} ${units[1]}`;
}

/** A place on a clock that began at 0:00, such as 2:05 and 1:00:00. */
export function clock(seconds: number): string {
  const rounded = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(rounded / 60);
  if (minutes < 60) return `${minutes}:${two(rounded % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(rounded % 60)}`;
}

/** A figure with its unit, which may be none; "not measured" for null. */
export function measured(value: number | null, unit: string): string {
  if (value === null) return 'not measured';
  if (unit === 'ms') return duration(value / 1_000);
  return unit === '' ? number(value) : `${number(value)} ${unit}`;
}
