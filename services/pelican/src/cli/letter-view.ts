import type { LetterView, LettersView } from '@aviary/dead-letters';
import { columns, printable } from './columns.ts';

const longestKey = 40;
const longestReason = 100;

/** @param now milliseconds since the epoch */
export function tableOf(views: readonly LettersView[], now: number): string {
  return columns(
    [
      'ID',
      'INDEX',
      'KEY',
      'STAGE',
      'LETTERS',
      'RECEIVED',
      'FIRST SEEN',
      'LAST SEEN',
      'AGE',
      'REASON',
    ],
    views.map((view) => [
      view.letterId.slice(0, 8),
      view.index ?? '-',
      cut(view.recordId ?? '-', longestKey),
      view.stage,
      String(view.letters),
      String(view.receiveCount),
      seconds(view.firstSeenAt),
      seconds(view.lastSeenAt),
      age(now - Date.parse(view.lastSeenAt)),
      cut(view.reason, longestReason),
    ]),
  );
}

/** All of one letter, a line each; a message that is no job last, as it is but for control characters. */
export function detailsOf(view: LetterView, rawBody: string | undefined, now: number): string {
  const lines: [string, string][] = [
    ['ID', view.letterId],
    ['Index', view.index ?? '-'],
    ['Record id', view.recordId ?? '-'],
    ['Key', view.key === null ? '-' : view.key.join(', ')],
    ['Version', view.version === null ? '-' : String(view.version)],
    ['Stage', view.stage],
    ['Reason', view.reason],
    ['First seen', seconds(view.firstSeenAt)],
    ['Last seen', `${seconds(view.lastSeenAt)} (${age(now - Date.parse(view.lastSeenAt))} ago)`],
    ['Received', `${view.receiveCount} times`],
    ...(rawBody === undefined ? [] : [['Message', rawBody] as [string, string]]),
  ];
  return lines.map(([name, value]) => `${`${name}:`.padEnd(13)}${printable(value)}`).join('\n');
}

/** As kubectl has it: the largest unit alone. */
function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m`;
  if (s < 86_400) return `${Math.floor(s / 3_600)}h`;
  return `${Math.floor(s / 86_400)}d`;
}

/** Whole seconds are enough for people. */
function seconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
