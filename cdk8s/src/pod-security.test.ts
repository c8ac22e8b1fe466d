import { describe, expect, test } from 'vitest';
import { objectsOf, podOwnersIn, variantNames } from '../testing/manifests.ts';
import { forbiddenByRestricted } from '../testing/pod-security.ts';

describe.each(variantNames)('%s', (environment) => {
  test.each(podOwnersIn(objectsOf(environment)).map(({ kind, name, pod }) => [kind, name, pod]))(
    '%s %s is admitted under the profile "restricted", with more of our own',
    (_kind, name, pod) => {
      expect(forbiddenByRestricted(pod)).toEqual([]);
      expect(pod).toMatchObject({
        automountServiceAccountToken: name === 'operator',
        enableServiceLinks: false,
        containers: [{ securityContext: { readOnlyRootFilesystem: true } }],
      });
      const { runAsUser, runAsGroup } = pod.securityContext as Record<string, unknown>;
      expect(runAsUser).toBeTypeOf('number');
      expect(runAsGroup).toBe(runAsUser);
    },
  );
});

describe('the profile', () => {
  const container = {
    name: 'one',
    securityContext: {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
      capabilities: { drop: ['ALL'] },
    },
  };
  const pod = { containers: [container] };
  const withContext = (context: object) => ({
    containers: [{ ...container, securityContext: { ...container.securityContext, ...context } }],
  });

  test('admits a pod that gives all up', () => {
    expect(forbiddenByRestricted(pod)).toEqual([]);
  });

  test.each([
    ['a namespace of the host', { ...pod, hostPID: true }],
    ['a directory of the host', { ...pod, volumes: [{ name: 'etc', hostPath: {} }] }],
    ['sysctls', { ...pod, securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } }],
    ['user 0 for all', { ...pod, securityContext: { runAsUser: 0 } }],
    ['user 0', withContext({ runAsUser: 0 })],
    ['perhaps root', withContext({ runAsNonRoot: undefined })],
    ['privileges', withContext({ privileged: true })],
    ['escalation', withContext({ allowPrivilegeEscalation: undefined })],
    ['no seccomp profile', withContext({ seccompProfile: undefined })],
    ['seccomp unconfined', withContext({ seccompProfile: { type: 'Unconfined' } })],
    ['capabilities kept', withContext({ capabilities: { drop: ['CHOWN'] } })],
    ['capabilities added', withContext({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
    ['an unmasked /proc', withContext({ procMount: 'Unmasked' })],
    ['a port of the host', { containers: [{ ...container, ports: [{ hostPort: 80 }] }] }],
    ['an init container that is none', { ...pod, initContainers: [{ name: 'two' }] }],
  ])('refuses %s', (_, spec) => {
    expect(forbiddenByRestricted(spec)).not.toEqual([]);
  });
});
