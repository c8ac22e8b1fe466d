import { countTicks, timeTicks, valueTicks } from './axis.ts';
import { Markup, markup } from './markup.ts';
import { letterWidth, placeLabels } from './place-labels.ts';
import { thinOut, type Point } from './thin-out.ts';
import { clock, number, shortNumber } from './wording.ts';

export interface Series {
  name: string;
  tone: 'blue' | 'orange' | 'green' | 'purple';
  points: readonly Point[];
  /** Drawn broken, so that two lines differ without colours. */
  isDashed?: boolean;
}

export interface Panel {
  /** With the unit. */
  title: string;
  /** Counts have no fractions, and change at once; anything else rises and falls between two looks. */
  isCount: boolean;
  series: readonly Series[];
}

export interface Timeline {
  title: string;
  seconds: number;
  /** Phases, which do not overlap, in their order. */
  bands: readonly { name: string; from: number; to: number }[];
  panels: readonly Panel[];
}

const fontSize = 12;
const left = 46;
const right = 16;
const labelRow = 18;
const plotHeight = 96;
/** Of a panel in which nothing happened. */
const flatHeight = 14;
const panelGap = 18;
const pixelsPerPoint = 2;

/** Pictures one below the other on one axis of time, drawn for a width in pixels. Its style is {@link timelineStyle}. */
export function timelineSvg(timeline: Timeline, width: number): Markup {
  const { seconds, title } = timeline;
  const x = (at: number) => left + (at / Math.max(seconds, 1)) * (width - left - right);
  const phases = placeLabels(
    timeline.bands.map(({ name, from, to }) => ({
      text: `${name} ${clock(to - from)}`,
      x: x(from),
    })),
    fontSize,
    width - right,
  );
  const top = (1 + Math.max(-1, ...phases.map(({ row }) => row))) * labelRow + 4;
  const panels: Markup[] = [];
  let bottom = top;
  for (const panel of timeline.panels) {
    const drawn = drawPanel(panel, bottom + panelGap, width, x);
    panels.push(drawn.markup);
    bottom = drawn.bottom;
  }
  const height = bottom + 40;
  const bands = timeline.bands.map(
    ({ from, to }, at) => markup`
<rect class="band${at % 2}" x="${round(x(from))}" y="${top}" width="${round(x(to) - x(from))}" height="${round(bottom - top)}"/>`,
  );
  const edges = phases.map(
    ({ row, x: place }) => markup`
<path class="edge" d="M${round(place)} ${row * labelRow + 4}V${round(bottom)}"/>`,
  );
  const names = phases.map(
    ({ text, left: at, row }) => markup`
<text class="phase" x="${round(at + 4)}" y="${row * labelRow + 14}">${text}</text>`,
  );
  const ticks = timeTicks(seconds, Math.floor(width / 110)).map(
    (at) => markup`
<path class="grid" d="M${round(x(at))} ${bottom}v5"/><text x="${round(x(at))}" y="${bottom + 18}" text-anchor="middle">${clock(at)}</text>`,
  );
  return markup`<svg class="timeline" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="${fontSize}" role="img" aria-label="${title}">
<title>${title}</title>${bands}${edges}${names}${panels}${ticks}
<text x="${width - right}" y="${bottom + 34}" text-anchor="end" class="soft">since the start, min:s</text>
</svg>`;
}

/** The same as a file of its own, on paper of its own. */
export function timelineFile(timeline: Timeline, width: number): string {
  const svg = timelineSvg(timeline, width).text;
  const opened = svg.indexOf('>') + 1;
  const own = `\n<style>${timelineStyle}</style><rect class="paper" width="100%" height="100%"/>`;
  return `${svg.slice(0, opened)}${own}${svg.slice(opened)}\n`;
}

export const timelineStyle = `
.timeline { --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --tint: #f1f4f7; --paper: #fff; --blue: #0969da; --orange: #bc4c00; --green: #1a7f37; --purple: #8250df }
@media (prefers-color-scheme: dark) { .timeline { --ink: #e6edf3; --soft: #9aa4af; --line: #3d444d; --tint: #161d26; --paper: #0d1117; --blue: #4493f8; --orange: #f0883e; --green: #3fb950; --purple: #ab7df8 } }
.timeline text { fill: var(--soft) }
.timeline .title { fill: var(--ink); font-weight: 600 }
.timeline .phase { fill: var(--ink); stroke: var(--paper); stroke-width: 4px; paint-order: stroke }
.timeline path { fill: none; stroke: var(--line) }
.timeline .paper { fill: var(--paper) }
.timeline .band0 { fill: var(--tint) }
.timeline .band1 { fill: none }
.timeline .line { stroke-width: 1.75; stroke-linejoin: round }
.timeline .dashed { stroke-dasharray: 5 3 }
.timeline .blue { stroke: var(--blue) } .timeline .orange { stroke: var(--orange) } .timeline .green { stroke: var(--green) } .timeline .purple { stroke: var(--purple) }
`;

function drawPanel(
  { title, isCount, series }: Panel,
  top: number,
  width: number,
  x: (seconds: number) => number,
): { markup: Markup; bottom: number } {
  const highest = Math.max(0, ...series.map(({ points }) => peakOf(points)));
  const ticks = isCount ? countTicks(highest) : valueTicks(highest);
  const most = ticks.at(-1) ?? 0;
  const head = drawHead(title, series, top, width);
  const plot = head.bottom + 8;
  const bottom = plot + (most === 0 ? flatHeight : plotHeight);
  const y = (value: number) => bottom - (most === 0 ? 0 : value / most) * plotHeight;
  const grid = ticks.map(
    (tick) => markup`
<path class="grid" d="M${left} ${round(y(tick))}H${width - right}"/><text x="${left - 6}" y="${round(y(tick) + 4)}" text-anchor="end">${shortNumber(tick)}</text>`,
  );
  const lines = series.map(
    ({ points, tone, isDashed }) => markup`
<path class="line ${tone}${isDashed === true ? ' dashed' : ''}" d="${pathOf(thinOut(points, Math.floor((width - left - right) / pixelsPerPoint)), x, y, isCount)}"/>`,
  );
  return { markup: markup`${head.markup}${grid}${lines}`, bottom };
}

/** The title, and what each line is with its highest value: behind it where there is room, else in rows below. */
function drawHead(
  title: string,
  series: readonly Series[],
  top: number,
  width: number,
): { markup: Markup; bottom: number } {
  let row = 0;
  let at = left + title.length * fontSize * letterWidth + 18;
  const keys = series.map(({ name, tone, isDashed, points }) => {
    const text = `${name}, at most ${number(peakOf(points))}`;
    const needed = 26 + text.length * fontSize * letterWidth;
    if (at + needed > width - right) {
      row += 1;
      at = left;
    }
    const place = at;
    const y = top + row * labelRow + 12;
    at += needed + 14;
    return markup`
<path class="line ${tone}${isDashed === true ? ' dashed' : ''}" d="M${round(place)} ${y - 4}h20"/><text x="${round(place + 26)}" y="${y}">${text}</text>`;
  });
  return {
    markup: markup`
<text class="title" x="${left}" y="${top + 12}">${title}</text>${keys}`,
    bottom: top + row * labelRow + 16,
  };
}

function pathOf(
  points: readonly Point[],
  x: (seconds: number) => number,
  y: (value: number) => number,
  isCount: boolean,
): string {
  let path = '';
  let isDown = false;
  for (const { seconds, value } of points) {
    if (value === null) {
      isDown = false;
      continue;
    }
    const [across, along] = [round(x(seconds)), round(y(value))];
    if (!isDown) path += `M${across} ${along}`;
    else path += isCount ? `H${across}V${along}` : `L${across} ${along}`;
    isDown = true;
  }
  return path;
}

export const peakOf = (points: readonly Point[]) =>
  points.reduce((peak, { value }) => Math.max(peak, value ?? 0), 0);

const round = (value: number) => Math.round(value * 10) / 10;
