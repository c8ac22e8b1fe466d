import { waitUntil } from '@aviary/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { reportCluster } from '../cluster/failure-report.ts';
import { bookIndex, bookTable, whaleHunt } from './books.ts';
import { install, type Installation } from './installation.ts';
import { Resource } from './resource.ts';

/*
 * One table's life with an operator that runs as pods, under its own Role: each test goes on from where the one before
 * has come to.
 */

const namespace = `aviary-index-${Date.now()}`;
let aviary: Installation;
let books: Resource;
let library: Resource;

beforeAll(async () => {
  try {
    aviary = await install(namespace);
  } catch (error) {
    process.stderr.write(await reportCluster(namespace));
    throw error;
  }
  books = new Resource('books', aviary.kubectl);
  library = new Resource('library', aviary.kubectl);
}, 600_000);
beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    process.stderr.write(await reportCluster(namespace));
  }, 120_000);
});
afterAll(() => aviary[Symbol.asyncDispose]());

const until = (what: string, holds: () => Promise<boolean>, timeoutMs = 60_000) =>
  waitUntil(holds, { what, timeoutMs, everyMs: 250 });

/** Waits until a book is what is found first. */
const untilFound = (index: string, title: string, query: string) =>
  until(`${title} is found in ${index}`, async () => {
    const [first] = await aviary.page.titles(index, query);
    return first === title;
  });

/** Waits until the page searches a namespace of an index. */
const untilSearched = (index: string, where: string) =>
  aviary.page.untilLists(`${index} in ${where}`, (indexes) =>
    indexes.some((one) => one.name === index && one.namespace === where),
  );

/** Kubernetes collects what belonged to others a moment after these are gone. */
const untilNothingWorks = (index: Resource) =>
  until(
    `nothing of ${index.name} is left`,
    async () => (await index.objects()).length === 0 && (await index.pods()).size === 0,
  );

const deploymentOf = (name: string, path: string) =>
  aviary.kubectl(['get', `deployment/${name}`, `--output=jsonpath={${path}}`]);

test('the operator runs from its image, as nobody, where nothing else is admitted', async () => {
  const { kubectl } = aviary;
  const profile = '{.metadata.labels.pod-security\\.kubernetes\\.io/enforce}';
  const label = await kubectl(['get', `namespace/${namespace}`, `--output=jsonpath=${profile}`]);
  expect(label).toBe('restricted');
  const pod = '.spec.template.spec';
  expect(await deploymentOf('operator', `${pod}.serviceAccountName`)).toBe('operator');
  const user = ['exec', 'deployment/operator', '--', 'node', '--print', 'process.getuid()'];
  expect((await kubectl(user)).trim()).toBe('10001');
});

test('a table with a key of two columns becomes searchable by one kubectl apply', async () => {
  const { kubectl, page, sql } = aviary;
  await sql(bookTable);
  const items = [bookIndex('books', 'Delete'), bookIndex('library', 'Retain')];
  await kubectl(['apply', '--filename=-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  });
  await Promise.all([books, library].map((index) => index.until('condition=Ready', 240)));
  const table = await kubectl(['get', 'semanticindexes']);
  console.log(table);
  const [head = '', ...lines] = table.trimEnd().split('\n');
  expect(head.split(/\s{2,}/).map((name) => name.trim())).toEqual(
    'NAME STATE READY PROGRESS BACKLOG LAG DRIFT AGE'.split(' '),
  );
  expect(lines.map((line) => line.split(/\s{2,}/).slice(0, 3))).toEqual([
    ['books', 'Ready', 'True'],
    ['library', 'Ready', 'True'],
  ]);
  await untilSearched('books', 'books');
  await untilSearched('library', 'library');
  expect((await page.titles('books', whaleHunt))[0]).toBe('Moby-Dick');
  expect((await page.titles('library', whaleHunt))[0]).toBe('Moby-Dick');
});

test('rows that are edited, added and deleted are found as they are', async () => {
  const { page, sql } = aviary;
  const cookery = 'Recipes for soup and bread from a village kitchen.';
  await sql(`update book set title = 'Village Kitchen', summary = '${cookery}'
             where (shelf, place) = ('A', 2)`);
  await untilFound('books', 'Village Kitchen', cookery);
  await sql(`insert into book values ('D', 1, 'Dune', 'Noble houses fight over a desert planet.')`);
  await untilFound('books', 'Dune', 'noble houses on a planet of sand');
  await sql(`delete from book where (shelf, place) = ('A', 2)`);
  await until('the deleted row is found no more', async () => {
    return !(await page.titles('books', cookery)).includes('Village Kitchen');
  });
});

test('scaling is changed where it is: KEDA obeys, and no pod is renewed', async () => {
  const { kubectl } = aviary;
  const scaler = ['get', 'scaledobject/emu-books', '--output=jsonpath={.metadata.uid}'];
  const scalerBefore = await kubectl(scaler);
  const before = await books.pods();
  await books.patch({ scaling: { min: 2, max: 2 } });
  await until('there are two emus', async () => {
    return (await deploymentOf('emu-books', '.status.readyReplicas')) === '2';
  });
  expect(await kubectl(scaler)).toBe(scalerBefore);
  const after = await books.pods();
  expect([...after].filter(([uid]) => before.has(uid))).toEqual([...before]);
  expect([...after.values()].toSorted()).toEqual(['emu-books', 'emu-books', 'pelican-books']);
  await books.patch({ scaling: null });
});

test('another metadata column is sent again, without an embedding', async () => {
  const { embedded, page } = aviary;
  const before = await embedded();
  await books.patch({ source: { metadata: ['title', 'shelf'] } });
  await page.untilLists('books by their shelf', (indexes) =>
    indexes.some(({ name, filters }) => name === 'books' && filters.length === 2),
  );
  expect(await embedded()).toBe(before);
  expect(await books.read('.status.activeNamespace')).toBe('books');
  const onShelf = await page.titles('books', whaleHunt, '&shelf.is=B');
  expect(onShelf.toSorted()).toEqual(['Dracula', 'Middlemarch']);
});

test('another text fills another namespace, which search moves to and back without a gap', async () => {
  const searches = aviary.page.keepSearching('books', whaleHunt);
  const edited = performance.now();
  const edit = await books.patch({ source: { text: '{{summary}}' } });
  await books.until(`jsonpath={.status.activeNamespace}=books-g${edit}`, 180);
  const filledMs = performance.now() - edited;
  await untilSearched('books', `books-g${edit}`);
  await books.patch({ source: { text: '{{title}}: {{summary}}' } });
  const undone = performance.now();
  await books.until('jsonpath={.status.activeNamespace}=books', 60);
  // What is there yet is not filled again: seconds, or on a slow machine less than half of that.
  expect(performance.now() - undone).toBeLessThan(Math.max(10_000, filledMs / 2));
  await untilSearched('books', 'books');
  const { asked, found, failures } = await searches.stop();
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(100);
  expect(found).toHaveLength(3);
  expect(found[2]).toBe(found[0]);
});

test('operators that are killed in the middle of a move go on with it', async () => {
  const edit = await books.patch({ source: { text: '{{title}} ({{summary}})' } });
  await until('the next namespace has workers', async () =>
    [...(await books.pods()).values()].includes(`pelican-books-g${edit}`),
  );
  const operators = '--selector=app.kubernetes.io/name=operator';
  await aviary.kubectl(['delete', 'pods', operators, '--grace-period=0', '--force']);
  await aviary.sql(`insert into book values
    ('D', 2, 'Emma', 'A rich young woman plays matchmaker for her friends.')`);
  await books.until(`jsonpath={.status.activeNamespace}=books-g${edit}`, 180);
  await untilSearched('books', `books-g${edit}`);
  await untilFound('books', 'Emma', 'a matchmaker among friends');
});

test('a paused index has no pods, and misses nothing', async () => {
  const { page, sql } = aviary;
  await books.patch({ state: 'Paused' });
  await until('its pods are gone', async () => (await books.pods()).size === 0, 120_000);
  await sql(
    `insert into book values ('E', 1, 'Ulysses', 'One day in the life of a man in Dublin.')`,
  );
  await sql(`delete from book where title = 'Dracula'`);
  const dublin = 'a day in Dublin';
  await untilFound('library', 'Ulysses', dublin);
  expect(await page.titles('books', dublin)).not.toContain('Ulysses');
  const [outbox] = await sql<{ waiting: string }>('select waiting from aviary.backlog');
  expect(Number(outbox?.waiting)).toBeGreaterThanOrEqual(2);
  await books.patch({ state: 'Running' });
  await untilFound('books', 'Ulysses', dublin);
});

test('under Retain, an index goes with all that works, and leaves its records', async () => {
  const { hasQueues, page, records, sql } = aviary;
  const queue = await queueOf('library');
  const before = await records('library');
  await library.delete(120);
  await page.untilLists('library no more', (indexes) => indexes.every(isNot('library')));
  await untilNothingWorks(library);
  expect(await sourcesIn(sql)).not.toContain('library');
  expect(await records('library')).toBe(before);
  expect(await hasQueues(queue)).toBe(true);
});

test('what search has moved from is dropped after the grace, and what is left is the table', async () => {
  const { kubectl, records, sql } = aviary;
  const active = await books.read('.status.activeNamespace');
  await until('one generation is left', async () => (await sourcesIn(sql)).length === 1, 240_000);
  await until('its predecessors are gone', async () =>
    (await books.objects()).every((name) => name.includes(active)),
  );
  expect(await sourcesIn(sql)).toEqual([active]);
  await until('their records are gone', async () => (await records('books')) === 0);
  const audit = ['exec', `deployment/pelican-${active}`, '--', 'aviary', 'audit', '--json'];
  const { indexes } = JSON.parse(await kubectl(audit)) as { indexes: unknown[] };
  const [{ rows } = { rows: 0 }] = await sql<{ rows: number }>(
    'select count(*)::integer as rows from book',
  );
  expect(indexes).toMatchObject([
    { index: active, verdict: 'in step', rows, records: rows, missing: 0, stale: 0, orphaned: 0 },
  ]);
});

test('under Delete, an index goes with all that was its own', async () => {
  const { hasQueues, page, records, sql } = aviary;
  const active = await books.read('.status.activeNamespace');
  const queue = await queueOf(active);
  expect(await hasQueues(queue)).toBe(true);
  await books.delete(120);
  await page.untilLists('books no more', (indexes) => indexes.every(isNot('books')));
  await untilNothingWorks(books);
  expect(await sourcesIn(sql)).toEqual([]);
  const triggers = `select tgname from pg_trigger where tgrelid = 'book'::regclass and not tgisinternal`;
  expect(await sql(triggers)).toEqual([]);
  expect(await records(active)).toBe(0);
  expect(await hasQueues(queue)).toBe(false);
});

const isNot = (name: string) => (one: { name: string }) => one.name !== name;

/** The sources that Postgres captures changes for. */
const sourcesIn = async (sql: Installation['sql']) =>
  (await sql<{ name: string }>('select name from aviary.source order by name')).map(
    ({ name }) => name,
  );

async function queueOf(generation: string): Promise<string> {
  const container = '.spec.template.spec.containers[0]';
  return deploymentOf(`emu-${generation}`, `${container}.env[?(@.name=="QUEUE_URL")].value`);
}
