import { rmSync, writeFileSync } from 'node:fs';

/**
 * Writes what the services are configured with, for `make aviary`, as a file of NAME='value' lines that only
 * this account may read.
 */
export function writeEnvironmentFile(file: string, environment: Record<string, string>): void {
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}\n`);
  // The mode is that of a new file.
  rmSync(file, { force: true });
  writeFileSync(file, lines.join(''), { mode: 0o600 });
}

/** Node reads what stands in quotes as it is, and knows no escape for a quote. */
function quoted(value: string): string {
  const quote = ["'", '"', '`'].find((mark) => !value.includes(mark)) ?? '';
  return `${quote}${value}${quote}`;
}
