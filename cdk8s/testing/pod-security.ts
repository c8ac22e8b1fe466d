import { z } from 'zod';

/**
 * The Pod Security Standards' profile "restricted" (with "baseline" in it), as of Kubernetes 1.35, for pods on Linux:
 * what the API server's admission would refuse. https://kubernetes.io/docs/concepts/security/pod-security-standards
 */

const seccomp = z.looseObject({ type: z.string() });

const containerSchema = z.looseObject({
  name: z.string(),
  ports: z.array(z.looseObject({ hostPort: z.number().optional() })).default([]),
  securityContext: z
    .looseObject({
      privileged: z.boolean().optional(),
      allowPrivilegeEscalation: z.boolean().optional(),
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      procMount: z.string().optional(),
      seccompProfile: seccomp.optional(),
      capabilities: z
        .looseObject({
          add: z.array(z.string()).default([]),
          drop: z.array(z.string()).default([]),
        })
        .default({ add: [], drop: [] }),
    })
    .default({ capabilities: { add: [], drop: [] } }),
});

const podSchema = z.looseObject({
  hostNetwork: z.boolean().default(false),
  hostPID: z.boolean().default(false),
  hostIPC: z.boolean().default(false),
  securityContext: z
    .looseObject({
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      seccompProfile: seccomp.optional(),
      sysctls: z.array(z.looseObject({ name: z.string() })).default([]),
    })
    .default({ sysctls: [] }),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
  containers: z.array(containerSchema),
  initContainers: z.array(containerSchema).default([]),
  ephemeralContainers: z.array(containerSchema).default([]),
});

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const allowedProfiles = ['RuntimeDefault', 'Localhost'];

/** What of a pod's spec the profile forbids; nothing where it is admitted. */
export function forbiddenByRestricted(spec: unknown): string[] {
  const pod = podSchema.parse(spec);
  const faults: string[] = [];
  const forbid = (isForbidden: boolean, fault: string) => {
    if (isForbidden) faults.push(fault);
  };
  forbid(pod.hostNetwork || pod.hostPID || pod.hostIPC, 'shares a namespace of its host');
  // The standard allows some sysctls; we need none.
  forbid(pod.securityContext.sysctls.length > 0, 'sets sysctls');
  forbid(pod.securityContext.runAsUser === 0, 'runs as user 0');
  for (const { name, ...source } of pod.volumes) {
    const kinds = Object.keys(source);
    forbid(
      kinds.length !== 1 || !allowedVolumes.includes(kinds[0] ?? ''),
      `volume ${name} is a ${kinds.join(' and ')}`,
    );
  }
  const containers = [...pod.containers, ...pod.initContainers, ...pod.ephemeralContainers];
  for (const { name, ports, securityContext: own } of containers) {
    const profile = own.seccompProfile ?? pod.securityContext.seccompProfile;
    forbid(own.privileged === true, `${name} is privileged`);
    forbid(own.allowPrivilegeEscalation !== false, `${name} may escalate its privileges`);
    forbid(
      (own.runAsNonRoot ?? pod.securityContext.runAsNonRoot) !== true,
      `${name} may run as root`,
    );
    forbid(own.runAsUser === 0, `${name} runs as user 0`);
    forbid(!allowedProfiles.includes(profile?.type ?? ''), `${name} has no seccomp profile`);
    forbid(!own.capabilities.drop.includes('ALL'), `${name} does not drop all capabilities`);
    forbid(
      own.capabilities.add.some((capability) => capability !== 'NET_BIND_SERVICE'),
      `${name} adds capabilities`,
    );
    forbid((own.procMount ?? 'Default') !== 'Default', `${name} mounts /proc its own way`);
    forbid(
      ports.some(({ hostPort = 0 }) => hostPort !== 0),
      `${name} takes a port of its host`,
    );
  }
  return faults;
}
