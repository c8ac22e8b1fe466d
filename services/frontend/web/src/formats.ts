const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const price = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false });

export const absent = '–';

export const formatCount = (value: number | null) =>
  value === null ? absent : whole.format(value);

/** 10,000 in full, 1.2M short: fits a narrow place. */
export const formatShortCount = (value: number | null) =>
  value === null ? absent : value < 100_000 ? whole.format(value) : compact.format(value);

/** A rate: one decimal while it is small. */
export const formatRate = (value: number | null) =>
  value === null
    ? absent
    : value > 0 && value < 10
      ? value.toFixed(1)
      : formatShortCount(Math.round(value));

export const formatPrice = (value: number | null) =>
  value === null ? absent : price.format(value);

/** Any number: 25, 24.90, 0.125. */
export const formatNumber = (value: number) =>
  Number.isInteger(value * 100) && !Number.isInteger(value)
    ? price.format(value)
    : exact.format(value);

/** A date, or the time for what happened today. */
export function formatMoment(iso: string | null): string {
  if (iso === null) return absent;
  const moment = new Date(iso);
  const today = moment.toDateString() === new Date().toDateString();
  return today ? `today ${time.format(moment)}` : day.format(moment);
}

export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return absent;
  if (seconds < 0.0005) return '0 s';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** How long ago something was, as "3 min ago". */
export const formatAgo = (iso: string) =>
  `${formatSeconds(Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 1_000)))} ago`;
