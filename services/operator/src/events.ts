import { randomBytes } from 'node:crypto';
import type { Event } from './decision.ts';
import type { ApiServer } from './kubernetes/api-server.ts';
import type { KubernetesObject } from './kubernetes/resources.ts';

/** The longest that the API server takes, in characters. */
const longestMessage = 1_024;

/** Tells of a transition where `kubectl describe` shows it. */
export async function tell(
  api: ApiServer,
  about: KubernetesObject,
  { type, reason, message }: Event,
  reporter: string,
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion, kind, metadata } = about;
  const { name, uid, resourceVersion } = metadata;
  const now = new Date().toISOString();
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${Date.now().toString(16)}${randomBytes(3).toString('hex')}` },
    involvedObject: { apiVersion, kind, name, namespace: api.namespace, uid, resourceVersion },
    type,
    reason,
    message: message.slice(0, longestMessage),
    action: reason,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: 'aviary-operator' },
    reportingComponent: 'aviary.dev/operator',
    reportingInstance: reporter,
  };
  await api.create(event, signal);
}
