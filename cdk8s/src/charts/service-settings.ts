import { adminPort } from '../constructs/service.ts';
import { podsInNamespace, podsOf } from '../constructs/labels.ts';
import type { Way } from '../constructs/access.ts';
import type { WorkerProps } from './chart-props.ts';

/** How long services take to stop at most, in milliseconds; each part of a second more is a pod's own. */
const shutdownGraceMs = 25_000;

/** From SIGTERM to SIGKILL: longer than a service takes to stop. */
export const graceSeconds = shutdownGraceMs / 1_000 + 5;

/** Variables of all services. */
export const serviceVariables = {
  ADMIN_PORT: String(adminPort),
  SHUTDOWN_GRACE_MS: String(shutdownGraceMs),
};

/** Who reads a worker's admin port: Prometheus, the frontend for its page of the pipeline, and the operator. */
export function workerReaders({ neighbours, operator }: WorkerProps['environment']): Way[] {
  const readers = podsOf('frontend', ...(operator ? ['operator'] : []));
  return [{ peers: [podsInNamespace(neighbours.monitoring), readers], ports: [adminPort] }];
}
