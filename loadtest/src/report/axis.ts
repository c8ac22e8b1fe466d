/** The least round number from `value` up, and its half or quarters as ticks from 0: such as 0, 5, 10 for 8.3. */
export function valueTicks(value: number): number[] {
  if (!(value > 0)) return [0];
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 4, 5, 10].map((factor) => factor * magnitude);
  const most = steps.find((step) => step >= value * (1 - 1e-9)) ?? value;
  return [0, most / 2, most];
}

/** As {@link valueTicks}, of what is counted: no halves. */
export function countTicks(value: number): number[] {
  return valueTicks(value).filter((tick) => Number.isInteger(tick));
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];

/** Round times from 0 to at most `seconds`, no more than `most` of them but the first. */
export function timeTicks(seconds: number, most: number): number[] {
  const step = steps.find((candidate) => seconds / candidate <= most) ?? seconds / most;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, at) => at * step);
}
