import type { Sample } from './timeline.ts';

const width = 760;
const panel = 150;
const left = 56;
const right = 20;

/** The timeline as a picture: the backlog above, the pods that are wanted and ready below. */
export function timelineSvg(samples: readonly Sample[]): string {
  const until = Math.max(1, ...samples.map(({ seconds }) => seconds));
  const x = (seconds: number) => left + (seconds / until) * (width - left - right);
  const chart = (top: number, title: string, series: { name: keyof Sample; color: string }[]) => {
    const most = Math.max(
      1,
      ...samples.flatMap((sample) => series.map(({ name }) => sample[name])),
    );
    const y = (value: number) => top + panel - (value / most) * panel;
    const lines = series.map(({ name, color }) => {
      const steps = samples.map(
        (sample) => `H${round(x(sample.seconds))}V${round(y(sample[name]))}`,
      );
      const start = `M${left} ${round(y(samples[0]?.[name] ?? 0))}`;
      return `<path d="${start}${steps.join('')}" fill="none" stroke="${color}" stroke-width="2"/>`;
    });
    return [
      `<text x="${left}" y="${top - 10}">${title}</text>`,
      `<path d="M${left} ${top}V${top + panel}H${width - right}" fill="none" stroke="#888"/>`,
      `<text x="${left - 8}" y="${top + 5}" text-anchor="end">${most}</text>`,
      `<text x="${left - 8}" y="${top + panel}" text-anchor="end">0</text>`,
      ...lines,
    ].join('\n');
  };
  const height = 2 * panel + 130;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#444">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    chart(36, 'Messages, waiting and in work', [{ name: 'backlog', color: '#b45309' }]),
    chart(panel + 86, 'Emus: asked for (grey), ready (green)', [
      { name: 'desired', color: '#94a3b8' },
      { name: 'ready', color: '#15803d' },
    ]),
    `<text x="${left}" y="${height - 12}">0 s</text>`,
    `<text x="${width - right}" y="${height - 12}" text-anchor="end">${Math.round(until)} s</text>`,
    '</svg>',
    '',
  ].join('\n');
}

const round = (value: number) => Math.round(value * 10) / 10;
