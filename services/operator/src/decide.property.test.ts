import { specSchema, type SemanticIndexSpec } from '@aviary/semantic-index';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimulatedWorld, type Server } from '../testing/simulated-world.ts';
import { surroundings } from '../testing/surroundings.ts';

const base: SemanticIndexSpec = specSchema.parse({
  source: { table: 'tea', text: '{{name}}' },
  embedding: { model: 'small', dimensions: 384 },
  target: { index: 'aviary', namespace: 'tea' },
});

/** All that may be edited, from few values, so that edits are undone by chance too. */
const edit = fc.record(
  {
    text: fc.constantFrom('{{name}}', '{{name}} {{kind}}', '{{kind}}'),
    model: fc.constantFrom('small', 'large'),
    index: fc.constantFrom('aviary', 'other'),
    metadata: fc.constantFrom<string[][]>([], ['price']),
    state: fc.constantFrom('Running', 'Running', 'Paused', 'Stopped'),
    max: fc.constantFrom(2, 5),
    requestId: fc.constantFrom(undefined, 'again'),
  },
  { requiredKeys: [] },
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function edited(spec: SemanticIndexSpec, change: Edit): SemanticIndexSpec {
  const { text, model, index, metadata, state, max, requestId } = change;
  return {
    ...spec,
    ...(state && { state }),
    ...(max && { scaling: { max } }),
    ...(requestId && { backfill: { requestId } }),
    source: { ...spec.source, ...(text && { text }), ...(metadata && { metadata }) },
    embedding: { ...spec.embedding, ...(model && { model }) },
    target: { ...spec.target, ...(index && { index }) },
  };
}

type Step =
  | { readonly does: 'edit'; readonly change: Edit }
  | { readonly does: 'turns'; readonly count: number }
  | { readonly does: 'away'; readonly server: Server }
  | { readonly does: 'back' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant('edit' as const), change: edit }),
  { weight: 3, arbitrary: fc.record({ does: fc.constant('turns' as const), count: fc.nat(15) }) },
  fc.record({
    does: fc.constant('away' as const),
    server: fc.constantFrom('postgres', 'sqs', 'pinecone'),
  }),
  fc.record({ does: fc.constant('back' as const) }),
);
const steps = fc.array(step, { maxLength: 12 });
const policy = fc.constantFrom('Retain', 'Delete');

/** Every decision of the way is made twice from the same, and comes out the same. */
function live(story: readonly Step[], deletionPolicy: 'Retain' | 'Delete'): SimulatedWorld {
  const world = new SimulatedWorld(surroundings, 'tea', { ...base, deletionPolicy });
  for (const one of story) {
    if (one.does === 'edit') world.edit((spec) => edited(spec, one.change));
    else if (one.does === 'away') world.away.add(one.server);
    else if (one.does === 'back') world.away.clear();
    else
      for (let turn = 0; turn < one.count; turn += 1) {
        expect(world.decide()).toEqual(world.decide());
        world.turn();
      }
  }
  world.away.clear();
  return world;
}

const runs = { numRuns: 60 };

/** Gone on with while an uninstallation waits for Postgres: it would take the triggers away beside pelican. */
const haltedInVain: readonly Step[] = [
  { does: 'turns', count: 10 },
  { does: 'away', server: 'postgres' },
  { does: 'turns', count: 1 },
  { does: 'edit', change: { state: 'Stopped' } },
  { does: 'turns', count: 11 },
];

test('from wherever it has come, it reaches what is wanted, and never does what must not be', () => {
  fc.assert(
    fc.property(steps, policy, (story, deletionPolicy) => {
      const world = live(story, deletionPolicy);
      world.edit((spec) => ({ ...spec, state: 'Running' }));
      expect(world.settle()).toBe(true);
      expect(world.breaches).toEqual([]);
      const { source, embedding, target } = world.spec;
      expect(world.status?.phase).toBe('Ready');
      expect(world.readers?.index).toMatchObject({
        name: 'tea',
        source: { text: source.text, metadata: source.metadata },
        embedding: { model: embedding.model },
        target: { index: target.index },
      });
      // Nothing is left of those that it went through.
      const { name } = { name: world.readers?.source };
      expect(world.places).toEqual([
        `${target.index}/${world.readers?.index.target.namespace ?? ''}`,
      ]);
      expect(world.standing.sources).toEqual([name]);
      expect(world.standing.queues).toEqual([`aviary_${name ?? ''}`]);
      expect(world.working).toEqual([`emu-${name ?? ''}`, `pelican-${name ?? ''}`]);
    }),
    { ...runs, examples: [[[...haltedInVain], 'Retain']] },
  );
});

test('what has come to rest stays at rest: done again, nothing is done', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const world = live(story, 'Retain');
      expect(world.settle()).toBe(true);
      const { requeueAfterMs, ...decision } = world.decide();
      expect(requeueAfterMs).toBeGreaterThan(0);
      expect(decision).toEqual({
        ...{ finalizer: 'keep', apply: [], delete: [], acts: [], readers: 'keep', events: [] },
        status: undefined,
      });
    }),
    runs,
  );
});

test('a decision that is carried out twice does what it does once', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const world = live(story, 'Retain');
      const decision = world.decide();
      world.carryOut(decision);
      const once = [world.standing, world.places, world.readers];
      world.carryOut(decision);
      expect([world.standing, world.places, world.readers]).toEqual(once);
      expect(world.breaches).toEqual([]);
    }),
    runs,
  );
});

test('it can always be deleted, in time, with whatever is away; under Retain with its data', () => {
  fc.assert(
    fc.property(steps, policy, fc.option(step), (story, deletionPolicy, last) => {
      const world = live(story, deletionPolicy);
      if (last?.does === 'away') world.away.add(last.server);
      const read = world.readers && `${world.readers.index.target.index}/`;
      const before = world.places;
      world.delete();
      expect(world.settle()).toBe(true);
      expect(world.isGone).toBe(true);
      expect(world.breaches).toEqual([]);
      expect(world.readers).toBeUndefined();
      if (deletionPolicy === 'Delete' && world.away.size === 0) expect(world.places).toEqual([]);
      if (deletionPolicy === 'Retain' && read !== undefined) expect(before).not.toEqual([]);
    }),
    runs,
  );
});

test('an edit that is undone leaves all as it was', () => {
  fc.assert(
    fc.property(edit, fc.nat(40), (change, turns) => {
      const world = new SimulatedWorld(surroundings, 'tea', base);
      expect(world.settle()).toBe(true);
      const seen = () => [world.readers, world.places, world.standing.sources, world.working];
      const before = seen();
      world.edit((spec) => edited(spec, { ...change, state: 'Running' }));
      for (let turn = 0; turn < turns; turn += 1) world.turn();
      world.edit(() => base);
      expect(world.settle()).toBe(true);
      expect(seen()).toEqual(before);
      expect(world.breaches).toEqual([]);
    }),
    runs,
  );
});

test('a status of news alone: numbers at most each 15 s, and never twice the same', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const { statuses } = live(story, 'Retain');
      for (const [place, { status }] of statuses.entries()) {
        const former = statuses[place - 1];
        if (former) expect(status).not.toEqual(former.status);
      }
    }),
    runs,
  );
});
