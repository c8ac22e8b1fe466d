import type { Status } from '../../../shared/pipeline.ts';
import { paceOf, type Pace, type StageId } from './stages.ts';

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Way {
  /** Of an SVG path, in the direction of the flow. */
  path: string;
  pace: Pace;
  /** Taken by exception. */
  isSide?: boolean;
}

export interface Layout {
  width: number;
  height: number;
  places: Record<StageId, Place>;
  ways: Way[];
}

const main = ['table', 'outbox', 'pelicans', 'queue', 'emus', 'index'] as const;

function pacesOf({ rates, relayRates, refreshQueue }: Status) {
  return {
    captured: paceOf(relayRates?.rowsClaimedPerSecond),
    published: paceOf(relayRates?.jobsPublishedPerSecond),
    indexed: paceOf(rates?.rowsPerSecond),
    embedded: paceOf(rates?.embeddingsPerSecond),
    refreshed: paceOf((refreshQueue?.visible ?? 0) + (refreshQueue?.inFlight ?? 0)),
  };
}

/** Left to right, with what happens by the way below. */
export function wideLayout(status: Status): Layout {
  const { captured, published, indexed, embedded, refreshed } = pacesOf(status);
  const [width, height, gap, below] = [152, 142, 33.6, 226];
  const at = (column: number) => column * (width + gap);
  const upper = (column: number): Place => ({ x: at(column), y: 1, width, height });
  const lower = (column: number): Place => ({ x: at(column), y: below, width, height });
  const next = (column: number, pace: Pace): Way => ({
    path: `M ${at(column) + width} 72 H ${at(column + 1)}`,
    pace,
  });
  const middle = (column: number) => at(column) + width / 2;
  const rail = 185;
  return {
    width: 1080,
    height: below + height + 1,
    places: {
      ...placed(main.map((id, column) => [id, upper(column)])),
      ...placed([
        ['refreshes', lower(1)],
        ['deadLetters', lower(3)],
        ['embedder', lower(4)],
      ]),
    },
    ways: [
      next(0, captured),
      next(1, captured),
      next(2, published),
      next(3, indexed),
      next(4, indexed),
      { path: `M ${middle(4) + 30} 143 V ${below}`, pace: embedded },
      { path: `M ${middle(4) + 48} ${below} V 143`, pace: embedded },
      { path: `M ${middle(3)} 143 V ${below}`, pace: 0, isSide: true },
      { path: elbow(middle(2), middle(3), rail), pace: 0, isSide: true },
      { path: elbow(middle(4) - 30, middle(3), rail), pace: 0, isSide: true },
      { path: `M ${at(3)} ${below + height / 2} H ${at(1) + width}`, pace: 0, isSide: true },
      { path: `M ${middle(1)} ${below} V 143`, pace: refreshed, isSide: refreshed === 0 },
    ],
  };
}

/** Top to bottom, for a phone. */
export function tallLayout(status: Status): Layout {
  const { captured, published, indexed, embedded, refreshed } = pacesOf(status);
  const [height, step, left, right] = [72, 92, 24, 342];
  const top = (row: number) => 1 + row * step;
  const order = [
    ...['table', 'outbox', 'pelicans', 'queue', 'emus', 'index'],
    ...['embedder', 'deadLetters', 'refreshes'],
  ] as StageId[];
  // What happens by the way stands apart.
  const y = (row: number) => top(row) + (row > 5 ? 28 : 0);
  const beside = (from: number, to: number) =>
    `M ${left} ${y(from) + 36} H ${left - 14} V ${y(to) + 36} H ${left}`;
  const down = (row: number, pace: Pace): Way => ({
    path: `M 183 ${y(row) + height} V ${y(row + 1)}`,
    pace,
  });
  return {
    width: 343,
    height: y(8) + height + 1,
    places: placed(
      order.map((id, row) => [id, { x: left, y: y(row), width: right - left, height }]),
    ),
    ways: [
      down(0, captured),
      down(1, captured),
      down(2, published),
      down(3, indexed),
      down(4, indexed),
      { path: beside(4, 6), pace: embedded, isSide: embedded === 0 },
      { path: `M 183 ${y(8)} V ${y(7) + height}`, pace: 0, isSide: true },
      {
        path: `M ${left} ${y(8) + 36} H ${left - 22} V ${y(1) + 36} H ${left}`,
        pace: refreshed,
        isSide: refreshed === 0,
      },
    ],
  };
}

/** Down to the rail, along it, and down into what lies below. */
function elbow(from: number, to: number, rail: number): string {
  const turn = to > from ? 10 : -10;
  return `M ${from} 143 V ${rail - 10} Q ${from} ${rail} ${from + turn} ${rail} H ${to}`;
}

function placed<K extends StageId>(places: readonly (readonly [K, Place])[]): Record<K, Place> {
  return Object.fromEntries(places) as Record<K, Place>;
}
