import { k8s } from 'cdk8s-plus-28';
import type { Resources } from '../environment/schema.ts';
import { scratch, type Mount } from './mount.ts';
import { toEnvVars, type VariableSource } from './variables.ts';

/** User and group of our images. */
const aviaryUser = 10_001;

export interface RestrictedPodProps {
  /** Of the pod's one container; also of its service account unless that is given. */
  readonly name: string;
  readonly serviceAccount?: string | undefined;
  readonly image: string;
  /** In place of the image's own entry point. */
  readonly command?: readonly string[] | undefined;
  readonly variables: Readonly<Record<string, VariableSource | undefined>>;
  readonly ports?: Readonly<Record<string, number>> | undefined;
  readonly mounts?: readonly Mount[] | undefined;
  readonly resources: Resources;
  /** How much it may write to its disk, /tmp among it. */
  readonly disk?: string | undefined;
  readonly probes?: Partial<
    Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe' | 'lifecycle'>
  >;
  /** Whether it has its service account's token. */
  readonly talksToKubernetes?: boolean;
  /** From SIGTERM to SIGKILL. */
  readonly graceSeconds: number;
  readonly user?: number | undefined;
  readonly restartPolicy?: 'Never' | undefined;
  readonly topologySpreadConstraints?: k8s.TopologySpreadConstraint[] | undefined;
}

/** A pod under the profile "restricted", with nothing writable but its mounts and /tmp. */
export function restrictedPod(props: RestrictedPodProps): k8s.PodSpec {
  const user = props.user ?? aviaryUser;
  const disk = props.disk ?? '256Mi';
  const mounts = [...(props.mounts ?? []), scratch('tmp', '/tmp', disk)];
  return {
    serviceAccountName: props.serviceAccount ?? props.name,
    automountServiceAccountToken: props.talksToKubernetes ?? false,
    // Their variables, such as PINECONE_PORT, would be taken for ours.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: props.graceSeconds,
    ...(props.restartPolicy && { restartPolicy: props.restartPolicy }),
    ...(props.topologySpreadConstraints && {
      topologySpreadConstraints: props.topologySpreadConstraints,
    }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: props.name,
        image: props.image,
        // A tag in kind is loaded into its node, and a digest never changes.
        imagePullPolicy: 'IfNotPresent',
        ...(props.command && { command: [...props.command] }),
        env: toEnvVars(props.variables),
        ...(props.ports && {
          ports: Object.entries(props.ports).map(([name, containerPort]) => ({
            name,
            containerPort,
          })),
        }),
        volumeMounts: mounts.map(({ volume, path, readOnly }) => ({
          name: volume.name,
          mountPath: path,
          ...(readOnly && { readOnly }),
        })),
        resources: {
          requests: quantities(props.resources.cpu.request, props.resources.memory, '64Mi'),
          limits: quantities(props.resources.cpu.limit, props.resources.memory, disk),
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          privileged: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          runAsUser: user,
          runAsGroup: user,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        ...props.probes,
      },
    ],
    volumes: mounts.map(({ volume }) => volume),
  };
}

function quantities(cpu: string, memory: string, disk: string): Record<string, k8s.Quantity> {
  return {
    cpu: k8s.Quantity.fromString(cpu),
    memory: k8s.Quantity.fromString(memory),
    'ephemeral-storage': k8s.Quantity.fromString(disk),
  };
}
