import { expect, test } from 'vitest';
import { objectsOf, propsOf } from '../testing/manifests.ts';
import { readSurroundings, writeSurroundings } from './surroundings.ts';
import {
  oneTask,
  periodicAudit,
  specConfigMap,
  workers,
  type KubernetesObject,
  type OneTask,
  type WorkerSetProps,
} from './worker-set.ts';

const instance = 'app.kubernetes.io/instance';

/** The environment's own specs as one set of workers, by way of what an operator is told. */
function setOf(environment: 'kind' | 'prod', isPaused = false): WorkerSetProps {
  const props = propsOf(environment);
  const told = readSurroundings(writeSurroundings(props));
  return {
    environment: { ...told.environment, indexes: props.environment.indexes },
    platform: told.platform,
    set: { name: 'tea', isPaused },
  };
}

/** As one text, with the set's name taken away. */
function anonymous(object: unknown): string {
  return JSON.stringify(object)
    .replaceAll(`"${instance}":"tea",`, '')
    .replaceAll('semantic-index-tea', 'semantic-indexes')
    .replaceAll(/-tea\b/g, '')
    .replaceAll('{"name":"RESULT_FILE","value":"/dev/termination-log"},', '');
}

const identityOf = ({ kind, metadata }: { kind: string; metadata: { name: string } }) =>
  `${kind}/${metadata.name}`;

const shared = ['ServiceAccount', 'NetworkPolicy', 'PodMonitor'];
const ofWorkers = /\/(pelican|emu|audit)(-admin)?$|ConfigMap\/semantic-indexes$/;

test.each(['kind', 'prod'] as const)(
  '%s: a set of workers is what make synth writes, but for names and what sets share',
  (environment) => {
    const props = setOf(environment);
    const objects: KubernetesObject[] = [
      specConfigMap(props),
      ...workers(props),
      ...periodicAudit(props),
    ];
    const synthesised = objectsOf(environment)
      .filter((object) => ofWorkers.test(identityOf(object)))
      .filter(({ kind }) => !shared.includes(kind));
    const told = objects.map(anonymous);
    expect(told.map((text) => JSON.parse(text) as unknown)).toEqual(
      synthesised.map((object) => JSON.parse(JSON.stringify(object)) as unknown),
    );
  },
);

test('install is the Job of make synth, under another name', () => {
  const job = oneTask(setOf('kind'), { task: 'install' }, 'install-tea');
  const synthesised = objectsOf('kind').find((object) => identityOf(object) === 'Job/install');
  expect(JSON.parse(anonymous(job))).toEqual(JSON.parse(JSON.stringify(synthesised)));
});

test('every object and every selector of a set is its own', () => {
  const names = ({ set, ...props }: WorkerSetProps, name: string) =>
    workers({ ...props, set: { ...set, name } }).map(identityOf);
  const [one, two] = [names(setOf('kind'), 'one'), names(setOf('kind'), 'two')];
  expect(one.filter((name) => two.includes(name))).toEqual([]);
  for (const { kind, spec } of workers(setOf('kind'))) {
    const { selector } = (spec ?? {}) as { selector?: { matchLabels?: object } };
    if (selector === undefined) continue;
    expect(kind === 'Service' ? selector : selector.matchLabels).toMatchObject({
      [instance]: 'tea',
    });
  }
});

test('a set that pauses has no pods, and KEDA starts none', () => {
  const paused = workers(setOf('kind', true));
  const find = (identity: string) => paused.find((object) => identityOf(object) === identity);
  expect(find('Deployment/pelican-tea')).toMatchObject({ spec: { replicas: 0 } });
  expect(find('ScaledObject/emu-tea')?.metadata.annotations).toEqual({
    'autoscaling.keda.sh/paused-replicas': '0',
  });
});

test('tasks are commands of aviary', () => {
  const commandOf = (one: OneTask) => {
    const { spec, metadata } = oneTask(setOf('kind'), one, 'some-job');
    expect(metadata.name).toBe('some-job');
    const { template } = spec as {
      template: { spec: { containers: { command: string[] }[] } };
    };
    return template.spec.containers[0]?.command.slice(2).join(' ');
  };
  expect(commandOf({ task: 'install' })).toBe('install');
  expect(commandOf({ task: 'uninstall' })).toBe('uninstall tea');
  expect(commandOf({ task: 'audit' })).toBe('audit --json --repair --limit-examples 1');
  expect(commandOf({ task: 'drop-records' })).toBe('drop-records --yes');
  const backfill = { task: 'backfill', restart: false, rowsPerSecond: undefined } as const;
  expect(commandOf(backfill)).toBe('backfill --detach');
  expect(commandOf({ ...backfill, restart: true, rowsPerSecond: 5 })).toBe(
    'backfill --detach --restart --rate 5',
  );
});

test('an operator does not misread the surroundings of another release', () => {
  expect(() => readSurroundings('{"format":0}')).toThrow(/format 0, and this release reads 1/);
});
