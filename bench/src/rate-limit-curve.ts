import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Charges } from './limited-embedder.ts';
import { root } from './processes.ts';

/** The tokens granted in each second of a run under a rate limit, as data and as a picture. */

const [width, height] = [720, 300];
const plot = { left: 64, right: 704, top: 34, bottom: 258 };
/** Legible on white and on black alike. */
const colours = {
  text: '#7d8590',
  grid: '#7d859055',
  bar: '#4c8ed955',
  line: '#2f7fe0',
  limit: '#d9822b',
  refused: '#d64545',
};
/** Seconds of the moving mean: several requests, each of which is a spike. */
const meanSeconds = 10;

interface Curve {
  tokensPerMinute: number;
  /** Tokens granted in each second since the first request. */
  granted: number[];
  /** Requests answered with 429 in each second. */
  refused: number[];
}

/** Writes bench/results/rate-limit.csv and docs/images/rate-limit.svg. */
export function drawCurve(charges: Charges, tokensPerMinute: number): void {
  const curve = curveOf(charges, tokensPerMinute);
  const lines = curve.granted.map((tokens, second) =>
    [second, tokens, curve.refused[second]].join(),
  );
  const csv = ['second,tokens granted,requests refused', ...lines, ''].join('\n');
  writeFileSync(join(root, 'bench/results/rate-limit.csv'), csv);
  writeFileSync(join(root, 'docs/images/rate-limit.svg'), svgOf(curve));
}

function curveOf({ requests }: Charges, tokensPerMinute: number): Curve {
  const seconds = Math.floor((requests.at(-1)?.[0] ?? 0) / 1_000) + 1;
  const granted = new Array<number>(seconds).fill(0);
  const refused = new Array<number>(seconds).fill(0);
  for (const [atMs, tokens, isGranted] of requests) {
    const second = Math.floor(atMs / 1_000);
    if (isGranted) granted[second] = (granted[second] ?? 0) + tokens;
    else refused[second] = (refused[second] ?? 0) + 1;
  }
  return { tokensPerMinute, granted, refused };
}

function svgOf({ tokensPerMinute, granted, refused }: Curve): string {
  const refill = tokensPerMinute / 60;
  const most = 4 * refill;
  const x = (second: number) =>
    round(plot.left + (second / granted.length) * (plot.right - plot.left));
  const y = (tokens: number) =>
    round(plot.bottom - (Math.min(tokens, most) / most) * (plot.bottom - plot.top));
  const label = (atX: number, atY: number, text: string, more = '') =>
    `<text x="${atX}" y="${atY}" ${more}>${text}</text>`;
  const bars = granted.map(
    (tokens, second) =>
      `<rect x="${x(second)}" y="${y(tokens)}" width="${round(x(second + 1) - x(second) - 0.5)}" height="${round(plot.bottom - y(tokens))}"/>`,
  );
  const means = granted.map((_, second) => {
    const window = granted.slice(Math.max(0, second + 1 - meanSeconds), second + 1);
    return window.reduce((sum, tokens) => sum + tokens, 0) / window.length;
  });
  const burst = burstOf(granted, refill * 2);
  const line = means
    .map((mean, second) => `${x(second + 1)},${y(mean)}`)
    .slice(burst.seconds + meanSeconds);
  const marks = refused.flatMap((count, second) =>
    count === 0 ? [] : [`<circle cx="${x(second + 0.5)}" cy="${plot.top - 6}" r="2.5"/>`],
  );
  const ticksAcross = Array.from({ length: Math.floor(granted.length / 15) + 1 }, (_, n) => n * 15);
  const ticksUp = [0, 1, 2, 3, 4].map((n) => n * refill);
  const total = refused.reduce((sum, count) => sum + count, 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>Tokens embedded per second under a limit of ${tokensPerMinute.toLocaleString('en')} a minute</title>`,
    `<g fill="${colours.text}">`,
    ...ticksUp.map((tokens) =>
      label(plot.left - 8, y(tokens) + 4, tokens.toLocaleString('en'), 'text-anchor="end"'),
    ),
    ...ticksAcross.map((second) =>
      label(x(second), plot.bottom + 18, `${second} s`, 'text-anchor="middle"'),
    ),
    label(plot.left, 14, 'tokens a second'),
    label(plot.right, plot.bottom + 36, `429 answers: ${total}`, 'text-anchor="end"'),
    label(
      x(burst.seconds) + 6,
      plot.top + 16,
      `first the full bucket: ${Math.round(burst.tokens / 1_000)}k in ${burst.seconds} s`,
    ),
    '</g>',
    `<g stroke="${colours.grid}">`,
    ...ticksUp.map((tokens) => `<path d="M${plot.left} ${y(tokens)}H${plot.right}"/>`),
    '</g>',
    `<g fill="${colours.bar}">`,
    ...bars,
    '</g>',
    `<polyline fill="none" stroke="${colours.line}" stroke-width="2" points="${line.join(' ')}"/>`,
    `<path stroke="${colours.limit}" stroke-width="1.5" stroke-dasharray="6 4" d="M${plot.left} ${y(refill)}H${plot.right}"/>`,
    `<g fill="${colours.refused}">${marks.join('')}</g>`,
    `<g><rect x="${plot.left}" y="${plot.bottom + 27}" width="10" height="10" fill="${colours.bar}"/>`,
    `<path stroke="${colours.line}" stroke-width="2" d="M${plot.left + 100} ${plot.bottom + 32}h16"/>`,
    `<path stroke="${colours.limit}" stroke-width="1.5" stroke-dasharray="6 4" d="M${plot.left + 232} ${plot.bottom + 32}h16"/></g>`,
    `<g fill="${colours.text}">`,
    label(plot.left + 15, plot.bottom + 36, 'each second'),
    label(plot.left + 121, plot.bottom + 36, `mean of ${meanSeconds} s`),
    label(
      plot.left + 253,
      plot.bottom + 36,
      `the limit: ${Math.round(refill).toLocaleString('en')} a second`,
    ),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** The burst at the start: the seconds until spending has come down to `calm` tokens a second. */
function burstOf(granted: readonly number[], calm: number): { seconds: number; tokens: number } {
  const end = granted.findIndex((tokens, second) => second > 0 && tokens < calm);
  const seconds = end === -1 ? granted.length : end;
  return { seconds, tokens: granted.slice(0, seconds).reduce((sum, tokens) => sum + tokens, 0) };
}

const round = (value: number) => Math.round(value * 10) / 10;
