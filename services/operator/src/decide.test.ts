import { specSchema, statusSchema, type SemanticIndexSpec } from '@aviary/semantic-index';
import { describe, expect, test } from 'vitest';
import { SimulatedWorld } from '../testing/simulated-world.ts';
import { surroundings } from '../testing/surroundings.ts';
import { deletionMs } from './decide.ts';

const spec: SemanticIndexSpec = specSchema.parse({
  source: { table: 'tea', text: '{{name}}', metadata: ['price'] },
  embedding: { model: 'small', dimensions: 384 },
  target: { index: 'aviary', namespace: 'tea' },
});

const rollbackMs = surroundings.environment.rollbackSeconds * 1_000;

const withText = (text: string) => (one: SemanticIndexSpec) => ({
  ...one,
  source: { ...one.source, text },
});
const withState = (state: SemanticIndexSpec['state']) => (one: SemanticIndexSpec) => ({
  ...one,
  state,
});

function world(given: Partial<SemanticIndexSpec> = {}): SimulatedWorld {
  return new SimulatedWorld(surroundings, 'tea', { ...spec, ...given });
}

function settled(given: Partial<SemanticIndexSpec> = {}): SimulatedWorld {
  const one = world(given);
  expect(one.settle()).toBe(true);
  expect(one.breaches).toEqual([]);
  return one;
}

const conditionOf = (one: SimulatedWorld, type: string) =>
  one.status?.conditions?.find((condition) => condition.type === type);

/** Turns until something is so. */
function until(one: SimulatedWorld, isSo: () => boolean): void {
  for (let turn = 0; turn < 200 && !isSo(); turn += 1) one.turn();
  expect(isSo()).toBe(true);
}

describe('a new resource', () => {
  test('becomes searchable once it is in step, and then nothing more is asked for', () => {
    const tea = settled();
    expect(tea.readers).toMatchObject({
      source: 'tea',
      index: { name: 'tea', target: { index: 'aviary', namespace: 'tea' } },
    });
    expect(tea.standing.queues).toEqual(['aviary_tea']);
    expect(tea.working).toEqual(['emu-tea', 'pelican-tea']);
    expect(tea.status).toMatchObject({ phase: 'Ready', activeNamespace: 'tea' });
    expect(tea.decide()).toMatchObject({
      ...{ finalizer: 'keep', apply: [], delete: [], acts: [], readers: 'keep', events: [] },
      status: undefined,
    });
  });

  test('tells how it goes on in its status, as the schema has it, and each thing once in Events', () => {
    const tea = settled();
    const phases = tea.statuses.map(({ status }) => status.phase);
    expect([...new Set(phases)]).toEqual(['Provisioning', 'Backfilling', 'Auditing', 'Ready']);
    for (const { status } of tea.statuses) {
      expect(statusSchema.safeParse(JSON.parse(JSON.stringify(status))).error).toBeUndefined();
    }
    const reasons = tea.events.map(({ reason }) => reason);
    expect(reasons).toEqual([...new Set(reasons)]);
    expect(reasons).toContain('Filling');
  });

  test('tells of the last audit, its own or a later one of pelican, and when that was', () => {
    const tea = settled();
    const own = tea.status?.audit?.lastRun ?? '';
    const nothing = { missing: 0, stale: 0, orphaned: 0, unmended: 0, undecided: 0 };
    const audit = (hours: number, found: Partial<typeof nothing>) => {
      const endedAt = Date.parse(own) + hours * 3_600_000;
      tea.now = Math.max(tea.now, endedAt + 1_000);
      tea.lastAudit = { endedAt, found: { ...nothing, ...found } };
      expect(tea.settle()).toBe(true);
      return [conditionOf(tea, 'InSync')?.status, conditionOf(tea, 'InSync')?.message];
    };
    const told = `The audit of ${own} left table and index in step.`;
    expect(conditionOf(tea, 'InSync')).toMatchObject({ status: 'True', message: told });
    expect(audit(-1, { missing: 3, unmended: 3 })).toEqual(['True', told]);
    const [status, message] = audit(24, { missing: 2, stale: 1 });
    expect(status).toBe('True');
    expect(message).toBe(
      `The audit of ${tea.status?.audit?.lastRun} left table and index in step.`,
    );
    expect(Date.parse(tea.status?.audit?.lastRun ?? '') - Date.parse(own)).toBe(24 * 3_600_000);
    expect(tea.status?.audit).toMatchObject({ missing: 2, stale: 1, orphaned: 0, drift: 3 });
    expect(audit(48, { undecided: 1 })[0]).toBe('Unknown');
    expect(audit(72, { orphaned: 4, unmended: 4 })).toEqual([
      'False',
      expect.stringMatching(/left 4 differences: aviary audit --repair/),
    ]);
    // What is known stays known while nobody tells of it.
    tea.away.add('postgres');
    tea.settle();
    expect(conditionOf(tea, 'InSync')).toMatchObject({ status: 'False', reason: 'Differs' });
    tea.away.clear();
    expect(audit(96, {})[0]).toBe('True');
  });

  test.each(['sqs', 'pinecone', 'postgres'] as const)(
    'waits while %s is away, says so, and goes on',
    (server) => {
      const tea = world();
      tea.away.add(server);
      tea.settle(20);
      expect(tea.readers).toBeUndefined();
      expect(conditionOf(tea, 'Ready')?.status).toBe('False');
      expect(tea.status?.lastError).toContain(`${server} is away`);
      tea.away.clear();
      expect(tea.settle()).toBe(true);
      expect(tea.status).toMatchObject({ phase: 'Ready' });
      expect(tea.status?.lastError).toBeUndefined();
    },
  );
});

describe('what is changed where it is', () => {
  test('scaling: the scaler alone is another', () => {
    const tea = settled();
    tea.edit((one) => ({ ...one, scaling: { min: 2, max: 3 } }));
    const { apply, delete: removals, acts } = tea.decide();
    expect(apply.map(({ kind }) => kind)).toEqual(['ScaledObject']);
    expect([...removals, ...acts]).toEqual([]);
  });

  test('metadata: installed and read anew, in the namespace it has, and readers learn of it', () => {
    const tea = settled();
    tea.edit((one) => ({ ...one, source: { ...one.source, metadata: ['price', 'kind'] } }));
    expect(tea.settle()).toBe(true);
    expect(tea.breaches).toEqual([]);
    expect(tea.places).toEqual(['aviary/tea']);
    expect(tea.readers?.index.source.metadata).toEqual(['price', 'kind']);
  });

  test('a wish for a backfill is answered once', () => {
    const tea = settled();
    tea.edit((one) => ({ ...one, backfill: { requestId: 'again', ratePerSecond: 5 } }));
    until(tea, () => tea.standing.objects.some((name) => name.startsWith('Job/backfill-tea-')));
    expect(tea.settle()).toBe(true);
    expect(tea.status?.phase).toBe('Ready');
  });
});

describe('another text', () => {
  test('fills another namespace beside, which is searched once an audit passes; the old one goes after a grace', () => {
    const tea = settled();
    tea.edit(withText('{{name}} {{kind}}'));
    until(tea, () => tea.places.length === 2);
    expect(tea.readers?.source).toBe('tea');
    expect(tea.status).toMatchObject({ phase: 'Moving', activeNamespace: 'tea' });
    expect(conditionOf(tea, 'Ready')?.status).toBe('True');
    expect(tea.working).toEqual(['emu-tea', 'emu-tea-g2', 'pelican-tea', 'pelican-tea-g2']);
    until(tea, () => tea.readers?.source === 'tea-g2');
    const switchedAt = tea.now;
    until(tea, () => tea.places.length === 1);
    expect(tea.now - switchedAt).toBeGreaterThanOrEqual(rollbackMs - 60_000);
    expect(tea.settle()).toBe(true);
    expect(tea.places).toEqual(['aviary/tea-g2']);
    expect(tea.standing.queues).toEqual(['aviary_tea-g2']);
    expect(tea.standing.sources).toEqual(['tea-g2']);
    expect(tea.breaches).toEqual([]);
  });

  test('undone before the switch: the new namespace goes, and all is as it was', () => {
    const tea = settled();
    const before = { ...tea.standing, objects: tea.standing.objects.filter(isNoJob) };
    tea.edit(withText('{{kind}}'));
    until(tea, () => tea.places.length === 2);
    tea.edit(() => spec);
    expect(tea.settle()).toBe(true);
    expect(tea.readers?.source).toBe('tea');
    expect({ ...tea.standing, objects: tea.standing.objects.filter(isNoJob) }).toEqual(before);
    expect(tea.places).toEqual(['aviary/tea']);
  });

  test('undone within the grace: readers are back at once', () => {
    const tea = settled();
    tea.edit(withText('{{kind}}'));
    until(tea, () => tea.readers?.source === 'tea-g2');
    tea.edit(() => spec);
    expect(tea.decide().readers).toMatchObject({ source: 'tea' });
    expect(tea.settle()).toBe(true);
    expect(tea.places).toEqual(['aviary/tea']);
    expect(tea.breaches).toEqual([]);
  });
});

const isNoJob = (name: string) => !name.startsWith('Job/');

describe('a state', () => {
  test('Paused: no pods, capture and data stay; Running goes on from there', () => {
    const tea = settled();
    tea.edit(withState('Paused'));
    expect(tea.settle()).toBe(true);
    expect(tea.working).toEqual([]);
    expect(tea.standing.sources).toEqual(['tea']);
    expect(tea.readers?.source).toBe('tea');
    expect(tea.status).toMatchObject({ phase: 'Paused', observedGeneration: 2 });
    tea.edit(withState('Running'));
    expect(tea.settle()).toBe(true);
    expect(tea.working).toEqual(['emu-tea', 'pelican-tea']);
    expect(tea.status?.phase).toBe('Ready');
  });

  test('Stopped: triggers are gone too, search stays; Running reads the table anew', () => {
    const tea = settled();
    tea.edit(withState('Stopped'));
    expect(tea.settle()).toBe(true);
    expect(tea.working).toEqual([]);
    expect(tea.standing.sources).toEqual([]);
    expect(tea.readers?.source).toBe('tea');
    expect(tea.places).toEqual(['aviary/tea']);
    tea.edit(withState('Running'));
    until(tea, () => tea.status?.phase === 'Backfilling');
    expect(tea.settle()).toBe(true);
    expect(tea.status?.phase).toBe('Ready');
    expect(tea.breaches).toEqual([]);
  });
});

describe('a deletion', () => {
  test('under Retain leaves data, and nothing that works', () => {
    const tea = settled();
    tea.delete();
    expect(tea.settle()).toBe(true);
    expect(tea.isGone).toBe(true);
    expect(tea.standing).toEqual({ objects: [], sources: [], queues: ['aviary_tea'] });
    expect(tea.places).toEqual(['aviary/tea']);
    expect(tea.readers).toBeUndefined();
    expect(tea.events.map(({ reason }) => reason)).toContain('Retained');
    expect(tea.breaches).toEqual([]);
  });

  test('under Delete leaves nothing', () => {
    const tea = settled({ deletionPolicy: 'Delete' });
    tea.delete();
    expect(tea.settle()).toBe(true);
    expect(tea.isGone).toBe(true);
    expect(tea.standing).toEqual({ objects: [], sources: [], queues: [] });
    expect(tea.places).toEqual([]);
  });

  test.each(['sqs', 'pinecone', 'postgres'] as const)(
    'with %s away ends all the same, in time, and says what may be left',
    (server) => {
      const tea = settled({ deletionPolicy: 'Delete' });
      tea.away.add(server);
      tea.delete();
      const since = tea.now;
      expect(tea.settle()).toBe(true);
      expect(tea.isGone).toBe(true);
      expect(tea.now - since).toBeLessThanOrEqual(deletionMs + 60_000);
      expect(tea.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'Released' });
      expect(tea.events.at(-1)?.message).toContain(`${server} is away`);
    },
  );
});

describe('with a key of its own, which the operator does not have', () => {
  const own = {
    deletionPolicy: 'Delete',
    target: { ...spec.target, secretRef: { name: 'team' } },
  } as const;

  test('its pods make the index, and an audit tells that it is there', () => {
    const tea = world(own);
    until(tea, () => tea.status?.phase === 'Backfilling');
    expect(conditionOf(tea, 'TargetReady')).toMatchObject({ status: 'Unknown', reason: 'OwnKey' });
    expect(conditionOf(tea, 'Degraded')?.status).toBe('False');
    expect(tea.settle()).toBe(true);
    expect(conditionOf(tea, 'TargetReady')).toMatchObject({ status: 'True', reason: 'Audited' });
    expect(tea.breaches).toEqual([]);
  });

  test('a Job drops what is searched no more, and on deletion all there is', () => {
    const tea = settled(own);
    tea.edit(withText('{{kind}}'));
    until(tea, () => tea.places.length === 2);
    expect(tea.settle()).toBe(true);
    expect(tea.places).toEqual(['aviary/tea-g2']);
    tea.delete();
    expect(tea.settle()).toBe(true);
    expect(tea.places).toEqual([]);
    expect(tea.standing).toEqual({ objects: [], sources: [], queues: [] });
    expect(tea.breaches).toEqual([]);
  });

  test('while it cannot be dropped that is told, and a deletion ends all the same', () => {
    const tea = settled(own);
    tea.delete();
    until(tea, () => tea.standing.objects.some((name) => name.startsWith('Job/drop-records-')));
    tea.away.add('pinecone');
    until(tea, () => conditionOf(tea, 'TargetReady')?.reason === 'DropFailed');
    expect(tea.settle()).toBe(true);
    expect(tea.isGone).toBe(true);
    expect(tea.events.at(-1)?.message).toContain('namespaces tea');
  });
});
