import type { Moment } from './simulation.ts';

const width = 760;
const panel = 150;
const left = 56;
const right = 20;

interface Line {
  moments: readonly Moment[];
  of: 'backlog' | 'desired' | 'ready';
  color: string;
  dashed?: boolean;
}

/** What was simulated over what was recorded: the backlog above, the pods below. */
export function picture(recorded: readonly Moment[], simulated: readonly Moment[]): string {
  const until = Math.max(1, ...[...recorded, ...simulated].map(({ seconds }) => seconds));
  const height = 2 * panel + 130;
  const chart = (top: number, title: string, lines: readonly Line[]) => {
    const most = Math.max(1, ...lines.flatMap(({ moments, of }) => moments.map((one) => one[of])));
    const x = (seconds: number) => round(left + (seconds / until) * (width - left - right));
    const y = (value: number) => round(top + panel - (value / most) * panel);
    return [
      `<text x="${left}" y="${top - 10}">${title}</text>`,
      `<path d="M${left} ${top}V${top + panel}H${width - right}" fill="none" stroke="#888"/>`,
      `<text x="${left - 8}" y="${top + 5}" text-anchor="end">${most}</text>`,
      `<text x="${left - 8}" y="${top + panel}" text-anchor="end">0</text>`,
      ...lines.map(({ moments, of, color, dashed }) => {
        const steps = changesOf(moments, of).map((one) => `H${x(one.seconds)}V${y(one[of])}`);
        const start = `M${left} ${y(moments[0]?.[of] ?? 0)}`;
        const dash = dashed === true ? ' stroke-dasharray="6 3"' : '';
        return `<path d="${start}${steps.join('')}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`;
      }),
    ];
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#444">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...chart(36, 'Messages, waiting and in work: recorded, and simulated (dashed)', [
      { moments: recorded, of: 'backlog', color: '#b45309' },
      { moments: simulated, of: 'backlog', color: '#1d4ed8', dashed: true },
    ]),
    ...chart(
      panel + 86,
      'Emus ready: recorded, and simulated (dashed); asked for, recorded (grey)',
      [
        { moments: recorded, of: 'desired', color: '#94a3b8' },
        { moments: recorded, of: 'ready', color: '#15803d' },
        { moments: simulated, of: 'ready', color: '#1d4ed8', dashed: true },
      ],
    ),
    `<text x="${left}" y="${height - 12}">0 s</text>`,
    `<text x="${width - right}" y="${height - 12}" text-anchor="end">${Math.round(until)} s</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** The moments at which it changes, and the last. */
function changesOf(moments: readonly Moment[], of: Line['of']): Moment[] {
  return moments.filter(
    (moment, i) => moment[of] !== moments[i - 1]?.[of] || i === moments.length - 1,
  );
}

const round = (value: number) => Math.round(value * 10) / 10;
