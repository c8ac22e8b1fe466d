import { expect, test } from 'vitest';
import { kubectl, namespace } from './kubectl.ts';

test('the namespace admits no pod outside the profile "restricted"', async () => {
  const label = '{.metadata.labels.pod-security\\.kubernetes\\.io/enforce}';
  expect(await kubectl(['get', `namespace/${namespace}`, `--output=jsonpath=${label}`])).toBe(
    'restricted',
  );
  await expect(
    kubectl(['run', 'root', '--image=any', '--dry-run=server', '--privileged']),
  ).rejects.toThrow(/violates PodSecurity/);
});

test.each(['pelican', 'emu', 'frontend'])(
  '%s is nobody, and writes nothing but /tmp',
  async (name) => {
    const look = `
    const { writeFileSync } = require('node:fs');
    const tried = (path) => { try { writeFileSync(path, 'x'); return 'written'; } catch (error) { return error.code; } };
    console.log(JSON.stringify([process.getuid(), process.getgid(), tried('/app/x'), tried('/x'), tried('/tmp/x')]));`;
    const said = await kubectl(['exec', `deployment/${name}`, '--', 'node', '--eval', look]);
    expect(JSON.parse(said)).toEqual([10_001, 10_001, 'EROFS', 'EROFS', 'written']);
  },
);
