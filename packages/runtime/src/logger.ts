import { pino, type Logger } from 'pino';
import { withoutSecrets } from './secrets.ts';

export type { Logger };

/** JSON lines on standard output, without any secret of the configuration. */
export function createLogger(options: { service: string; level: string }): Logger {
  return pino({
    level: options.level,
    base: { service: options.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    hooks: { streamWrite: withoutSecrets },
  });
}
