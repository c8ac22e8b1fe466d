import { pino, type Logger } from 'pino';

export type { Logger };

/** JSON lines on standard output, with secrets redacted wherever they may stand one level deep. */
export function createLogger(options: { service: string; level: string }): Logger {
  return pino({
    level: options.level,
    base: { service: options.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: [
      'password',
      'apiKey',
      'connectionString',
      '*.password',
      '*.apiKey',
      '*.connectionString',
    ],
  });
}
