import type { Logger } from './logger.ts';

/**
 * The contract of everything long-lived. `start` resolves when the part works, or has begun to retry by
 * itself; `stop` resolves when its work is finished or handed back, and aborts what is left when the
 * deadline signal fires. Both may be called once.
 */
export interface Part {
  readonly name: string;
  start(): Promise<void>;
  stop(deadline: AbortSignal): Promise<void>;
}

/** Of the grace period, what is left to the parts after the deadline, to hand back what it cut off, in milliseconds. */
const handBackMs = 2_000;

/**
 * Runs parts as a process: starts them in order; on SIGTERM or SIGINT stops them in reverse order; on a second
 * signal, or when the grace period is over, exits at once. The deadline comes two seconds before that, or after
 * three quarters of a short period. A failing start stops what had started, exit code 1.
 */
export async function runParts(
  parts: readonly Part[],
  options: { logger: Logger; graceMs: number },
): Promise<void> {
  const { logger, graceMs } = options;
  const stopRequested = Promise.withResolvers<NodeJS.Signals>();
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(130);
      stopRequested.resolve(signal);
    });
  }

  const started: Part[] = [];
  const startAll = async () => {
    for (const part of parts) {
      if (signals > 0) return;
      started.push(part);
      await part.start();
    }
    logger.info({ event: 'started' });
  };
  const failed = await Promise.race([
    startAll().then(() => stopRequested.promise),
    stopRequested.promise,
  ]).then(
    (signal) => {
      logger.info({ event: 'stopping', signal });
      return false;
    },
    (error: unknown) => {
      logger.fatal({ event: 'start_failed', err: error });
      return true;
    },
  );

  const deadline = AbortSignal.timeout(Math.max(graceMs - handBackMs, (graceMs * 3) / 4));
  setTimeout(() => {
    logger.error({ event: 'stop_timed_out', graceMs });
    process.exit(1);
  }, graceMs).unref();
  for (const part of started.reverse()) {
    await part.stop(deadline).catch((error: unknown) => {
      logger.error({ event: 'stop_failed', part: part.name, err: error });
    });
  }
  logger.info({ event: 'stopped' });
  process.exit(failed ? 1 : 0);
}
