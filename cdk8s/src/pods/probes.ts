import { k8s } from 'cdk8s-plus-28';

export type Probes = Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'>;

const asked = (path: string): Pick<k8s.Probe, 'httpGet'> => ({
  httpGet: { path, port: k8s.IntOrString.fromString('admin') },
});

/**
 * By the admin port: alive when the process answers, ready when what it needs works too. A process has a minute to
 * start, and is killed after a minute of silence: half of one has been a busy node's, and a restart makes it busier.
 */
export const adminProbes: Probes = {
  startupProbe: { ...asked('/livez'), periodSeconds: 1, failureThreshold: 60 },
  readinessProbe: {
    ...asked('/readyz'),
    periodSeconds: 5,
    timeoutSeconds: 3,
    failureThreshold: 2,
  },
  livenessProbe: {
    ...asked('/livez'),
    periodSeconds: 10,
    timeoutSeconds: 10,
    failureThreshold: 6,
  },
};

/** Of a server that says nothing of itself: it works when its port opens. */
export function portProbes(port: string): Pick<Probes, 'startupProbe' | 'readinessProbe'> {
  const tcpSocket = { port: k8s.IntOrString.fromString(port) };
  return {
    startupProbe: { tcpSocket, periodSeconds: 2, failureThreshold: 60 },
    readinessProbe: { tcpSocket, periodSeconds: 5, failureThreshold: 2 },
  };
}
