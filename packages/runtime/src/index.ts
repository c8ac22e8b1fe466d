export * from './admin.ts';
export * from './backoff.ts';
export * from './config.ts';
export * from './failure.ts';
export * from './health.ts';
export * from './lifecycle.ts';
export * from './logger.ts';
export * from './metrics.ts';
