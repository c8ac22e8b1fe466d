import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changed,
  faultyEdits,
  faultySpecs,
  validChanges,
  validDocument,
  validEdits,
  type FaultySpec,
} from '../../../services/operator/testing/faulty-specs.ts';
import { kubectl, untilCondition } from '../cluster/kubectl.ts';

const namespace = `aviary-crd-${Date.now()}`;
const root = join(import.meta.dirname, '../../..');
const definition = join(root, 'services/operator/api/semanticindexes.aviary.dev.yaml');
const examples = join(root, 'examples');

const inNamespace = (args: string[], input?: string) =>
  kubectl([`--namespace=${namespace}`, ...args], input === undefined ? {} : { input });

/** What the API server says of a document: nothing is kept. */
const dryRun = (verb: 'create' | 'replace', document: unknown) =>
  inNamespace(
    [verb, '--dry-run=server', '--validate=strict', '--output=name', '--filename=-'],
    JSON.stringify(document),
  );

/** `spec.source.key.1`, as the API server writes it. */
const asServerSays = (path: string) => path.replaceAll(/\.(\d+)/g, '[$1]');

async function expectRefusal(answer: Promise<unknown>, { at, says }: FaultySpec): Promise<void> {
  const complaint = String(await answer.catch((error: unknown) => error));
  expect(complaint).toMatch(says);
  expect(complaint).toContain(asServerSays(at));
  // Of the command itself, which is no fault of the spec.
  expect(complaint).not.toMatch(/cannot unmarshal|unknown flag|no matches for kind/);
}

beforeAll(async () => {
  await kubectl(['apply', '--server-side', `--filename=${definition}`]);
  await untilCondition('crd/semanticindexes.aviary.dev', 'condition=Established', 30);
  await kubectl(['create', 'namespace', namespace]);
  await inNamespace(['create', '--filename=-'], JSON.stringify(validDocument));
});

afterAll(() => kubectl(['delete', 'namespace', namespace, '--wait=false']));

test('the definition is applied twice alike, and breaks no rule of Kubernetes', async () => {
  await kubectl(['apply', '--server-side', `--filename=${definition}`]);
  const conditions = await kubectl([
    ...['get', 'crd/semanticindexes.aviary.dev'],
    '--output=jsonpath={range .status.conditions[*]}{.type}={.status} {end}',
  ]);
  // NonStructuralSchema would be one more.
  expect(conditions.trim().split(' ').sort()).toEqual(['Established=True', 'NamesAccepted=True']);
});

test.each(readdirSync(examples))('examples/%s is taken', async (file) => {
  await inNamespace([
    ...['apply', '--dry-run=server', '--validate=strict', '--server-side', '--force-conflicts'],
    `--filename=${join(examples, file)}`,
  ]);
});

describe('a new resource', () => {
  test.each(validChanges)('of valid ones is taken: %#', async (changes) => {
    const document = { ...validDocument, metadata: { name: 'another' } };
    await dryRun('create', changed(document, changes));
  });

  test.each(faultySpecs)('is refused for $fault', async (faulty) => {
    const document = { ...validDocument, metadata: { name: 'another' } };
    await expectRefusal(dryRun('create', changed(document, faulty.changes)), faulty);
  });

  test.each([
    ['a name of 37 characters', 'metadata.name', 36],
    ['a namespace of 56 characters', 'spec.target.namespace', 55],
  ])('is refused for %s: generations need room', async (fault, at, most) => {
    const document = changed(
      { ...validDocument, metadata: { name: 'x' } },
      {
        [at]: 'x'.repeat(most + 1),
      },
    );
    const says = `must be at most ${most} characters long`;
    await expectRefusal(dryRun('create', document), { fault, changes: {}, at, says });
  });
});

describe('a resource that is there', () => {
  test.each(validEdits)('takes the valid edit %#', async (changes) => {
    await dryRun('replace', changed(validDocument, changes));
  });

  test.each(faultyEdits)('does not take $fault', async (faulty) => {
    await expectRefusal(dryRun('replace', changed(validDocument, faulty.changes)), faulty);
  });
});

test('what may be left out is filled in, and nothing else', async () => {
  const spec = await inNamespace(['get', 'si/teas', '--output=jsonpath={.spec}']);
  expect(JSON.parse(spec)).toEqual({
    ...validDocument.spec,
    state: 'Running',
    deletionPolicy: 'Retain',
    source: { ...validDocument.spec.source, schema: 'public', metadata: [], iamAuth: false },
    target: { ...validDocument.spec.target, metric: 'cosine' },
  });
});

test('kubectl get reads like a dashboard', async () => {
  const status = {
    observedGeneration: 1,
    phase: 'Backfilling',
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'Backfilling',
        message: 'Its rows are on their way.',
        lastTransitionTime: '2026-11-21T08:27:56Z',
        observedGeneration: 1,
      },
    ],
    queue: { visible: 1_200, inFlight: 256, deadLettered: 0, oldestAgeSeconds: 7 },
    backfill: { processed: 42_000, total: 100_000, progress: '42 %' },
    audit: { lastRun: '2026-11-21T08:27:56Z', missing: 1, stale: 2, orphaned: 3, drift: 6 },
    workers: { desired: 5, ready: 4 },
    activeIndex: 'aviary',
    activeNamespace: 'products',
  };
  await inNamespace([
    ...['patch', 'si/teas', '--subresource=status', '--type=merge'],
    `--patch=${JSON.stringify({ status })}`,
  ]);
  const [head = '', line = ''] = (await inNamespace(['get', 'aviary'])).split('\n');
  expect(head.split(/\s{2,}/).map((name) => name.trim())).toEqual(
    'NAME STATE READY PROGRESS BACKLOG LAG DRIFT AGE'.split(' '),
  );
  expect(line.split(/\s{2,}/).slice(0, -1)).toEqual([
    'teas',
    'Backfilling',
    'False',
    '42 %',
    '1200',
    '7',
    '6',
  ]);
});

test('kubectl explain says what a field means', async () => {
  expect(await kubectl(['explain', 'semanticindex.spec.embedding.dimensions'])).toContain(
    'A Pinecone index has but one number of dimensions',
  );
});
