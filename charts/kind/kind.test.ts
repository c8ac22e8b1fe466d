import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempDisposableSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const shellcheck = spawnSync('shellcheck', ['--version']).status === 0;
const steps = ['cluster', 'charts', 'images', 'manifests', 'up', 'down'];

/** Notes how it is called, and fails where it is told to. */
const fakeTool = `#!/bin/bash
echo "$(basename "$0") $*" >>"$LOG"
case "$(basename "$0") $*" in
  *"\${FAILS:-nothing fails}"*) exit 3 ;;
  'kind get clusters') echo "$CLUSTERS" ;;
  *' get deployment/'*) echo "$DEPLOYMENTS" ;;
esac
exit 0
`;
const tools = ['docker', 'kind', 'kubectl', 'helm'];

interface Run {
  status: number | null;
  output: string;
  /** Calls of the tools, one a line. */
  calls: string[];
}

/** Runs a step with tools that only note how they are called. */
function run(step: string, environment: Record<string, string> = {}, present = tools): Run {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'aviary-kind-'));
  for (const tool of present) {
    writeFileSync(join(directory.path, tool), fakeTool);
    chmodSync(join(directory.path, tool), 0o755);
  }
  // Nothing else may be found: a real kubectl would do things.
  for (const tool of [
    'bash',
    'env',
    'dirname',
    'basename',
    'grep',
    'cat',
    'node',
    'npm',
    'sh',
    'make',
    'git',
  ]) {
    const found = spawnSync('bash', ['-c', `type -P ${tool}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(found, join(directory.path, tool));
  }
  const log = join(directory.path, 'log');
  writeFileSync(log, '');
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, `${step}.sh`), {
    encoding: 'utf8',
    env: { PATH: directory.path, LOG: log, CLUSTERS: '', DEPLOYMENTS: '', ...environment },
  });
  const calls = readFileSync(log, 'utf8').split('\n').slice(0, -1);
  return { status, output: stdout + stderr, calls };
}

/** Each of these is among the calls, in this order. */
function expectInOrder(calls: string[], ...parts: (string | RegExp)[]): void {
  let from = 0;
  for (const part of parts) {
    const rest = calls.slice(from);
    const found = rest.findIndex((call) =>
      typeof part === 'string' ? call.includes(part) : part.test(call),
    );
    expect(
      found,
      `${String(part)} after\n${calls.slice(0, from).join('\n')}\nin\n${rest.join('\n')}`,
    ).not.toBe(-1);
    from += found + 1;
  }
}

describe('make kind-up', () => {
  it('makes a cluster, installs the charts, loads the images, applies the manifests and waits', () => {
    const { status, output, calls } = run('up');
    expect(status, output).toBe(0);
    expectInOrder(
      calls,
      'kind create cluster --config charts/kind/cluster.yaml',
      'helm upgrade --install keda keda --repo https://kedacore.github.io/charts --version 2.21.0 --namespace keda',
      'helm upgrade --install kube-prometheus-stack',
      'apply --namespace monitoring --filename charts/alerts/aviary.yaml',
      /^docker build .*services\/pelican\/Dockerfile .*--tag aviary\/pelican:dev/,
      /^kind load docker-image --name aviary .*aviary\/pelican:dev/,
      'apply --filename dist/kind/00-namespace.yaml',
      'apply --filename dist/kind/20-stand-ins.yaml',
      'wait job/seed --namespace aviary --for condition=Complete',
      'apply --filename dist/kind/50-emu.yaml',
      'wait job/install --namespace aviary --for condition=Complete',
      'rollout status deployment/frontend',
    );
    expect(output).toContain('port-forward service/frontend 8080:80');
    expect(
      calls.filter((call) => call.startsWith('kubectl') && !call.includes('--context kind-aviary')),
    ).toEqual([]);
    expect(calls.join('\n')).not.toContain('rollout restart');
  });

  it('does again only what has changed', () => {
    const { status, output, calls } = run('up', {
      CLUSTERS: 'other\naviary',
      DEPLOYMENTS: 'deployment.apps/pelican',
    });
    expect(status, output).toBe(0);
    expect(calls.join('\n')).not.toContain('kind create cluster');
    expectInOrder(
      calls,
      'delete job seed install',
      'apply --filename dist/kind/30',
      'rollout restart',
    );
  });

  it('stops where something fails', () => {
    const { status, calls } = run('up', { FAILS: 'install kube-prometheus-stack' });
    expect(status).not.toBe(0);
    expect(calls.at(-1)).toContain('helm upgrade --install kube-prometheus-stack');
  });

  it('takes LocalStack in place of the stand-in for SQS', () => {
    const { status, output } = run('manifests', { SQS: 'localstack' });
    expect(status, output).toBe(0);
    expect(
      readFileSync(join(import.meta.dirname, '../../dist/kind/20-stand-ins.yaml'), 'utf8'),
    ).toContain('image: localstack/localstack:4.14.0');
  });
});

it.each(tools)('without %s a person is told where to get it', (tool) => {
  const present = tools.filter((name) => name !== tool);
  const { status, output } = run('up', {}, present);
  expect(status).toBe(1);
  expect(output).toMatch(new RegExp(`needs ${tool}, which is not on the PATH: .*https://`));
});

it('make kind-down deletes that cluster alone', () => {
  const { calls } = run('down');
  expect(calls).toEqual(['kind delete cluster --name aviary']);
});

it('shellcheck has nothing to say of the steps', ({ skip }) => {
  if (!shellcheck) {
    console.warn(
      'THE STEPS WERE NOT CHECKED: there is no shellcheck (Debian: apt-get install shellcheck).',
    );
    skip();
  }
  const { stdout } = spawnSync(
    'shellcheck',
    [
      '-x',
      '--source-path=SCRIPTDIR',
      ...steps.map((step) => join(import.meta.dirname, `${step}.sh`)),
    ],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
});
