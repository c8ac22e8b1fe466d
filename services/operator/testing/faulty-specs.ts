/** What zod and the API server must both refuse, with a word on it that a person understands. */
export interface FaultySpec {
  /** In words. */
  readonly fault: string;
  /** What is laid over `validSpec`: by path; undefined takes a field out. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** The field that is told of. */
  readonly at: string;
  /** What is said: by both, where it is a rule of ours; else by one of them each. */
  readonly says: string | RegExp;
}

/** A document that is right. */
export const validDocument = {
  apiVersion: 'aviary.dev/v1alpha1',
  kind: 'SemanticIndex',
  metadata: { name: 'teas' },
  spec: {
    source: { table: 'products', text: '{{name}}' },
    embedding: { model: 'text-embedding-3-small', dimensions: 384 },
    target: { index: 'aviary', namespace: 'products' },
  },
};

/** Each is right too. */
export const validChanges: readonly Readonly<Record<string, unknown>>[] = [
  {},
  {
    'spec.state': 'Paused',
    'spec.source.schema': 'Shop "a"',
    'spec.source.key': ['store', 'sku'],
    'spec.source.metadata': ['sku', 'é'.repeat(31)],
    'spec.source.keywords': { language: 'english' },
    'spec.source.secretRef': { name: 'shop-database' },
    'spec.source.iamAuth': true,
    'spec.embedding.baseURL': 'http://embeddings:8090/v1',
    'spec.embedding.secretRef': { name: 'shop.embedding' },
    'spec.target.metric': 'dotproduct',
    'spec.target.secretRef': { name: 'shop-index' },
    'spec.scaling': { min: 0, max: 3, backlogPerPod: 1, cooldownSeconds: 0 },
    'spec.backfill': { requestId: '2026-11-21', ratePerSecond: 500 },
    'spec.audit': { schedule: '*/5 0-6,12 1 1-12/2 0', repair: true },
    'spec.deletionPolicy': 'Delete',
  },
  { 'spec.scaling': { min: 3 } },
  { 'spec.scaling': { max: 1_000, min: 1_000 } },
  { 'spec.source.text': '{{{a}}} } { {{ b c }}\n{{é}}}' },
  { 'spec.source.text': `{{${'a'.repeat(63)}}}${'x'.repeat(9_900)}` },
];

const tooLong = 'is longer than 63 bytes, the most Postgres keeps of a name';
const label = 'must be 1 to 45 lowercase letters, digits and dashes, beginning with a letter';
const httpAddress = 'must be an address that begins with https:// or http://';
const secretName = 'must be a name of Kubernetes: lowercase letters, digits, dashes and dots';
const cron =
  'must be five fields of numbers, as cron has them: minute, hour, day of the month, month, weekday';
const required = /Required value|received undefined/;
const tooMany = /Too many: \d+: must have at most \d+ items|Too big: expected array/;
const tooFew = /should have at least 1 items|Too small: expected array/;
const tooBig = /should be less than or equal to|Too big: expected number/;
const tooSmall = /should be greater than or equal to|Too small: expected number/;
const empty = /should be at least 1 chars long|Too small: expected string/;
const textTooLong = /Too long: may not be more than|Too big: expected string/;
const oneOf = /Unsupported value: .*: supported values: |Invalid option: expected one of/;
const wrongType = /must be of type|Invalid input: expected/;
const unknown = /unknown field|Unrecognized key/;

const faulty = (
  fault: string,
  at: string,
  value: unknown,
  says: FaultySpec['says'],
): FaultySpec => ({ fault, changes: { [at]: value }, at, says });

/** The table of faults. */
export const faultySpecs: readonly FaultySpec[] = [
  faulty('no spec', 'spec', undefined, required),
  faulty('a name with capitals', 'metadata.name', 'Products', /lowercase/),
  faulty('a name that begins with a digit', 'metadata.name', '1st', label),
  faulty('a name of 46 characters', 'metadata.name', 'x'.repeat(46), label),
  faulty('an unknown field', 'spec.colour', 'red', unknown),
  faulty('an unknown field of the source', 'spec.source.where', 'price > 0', unknown),
  faulty('an unknown state', 'spec.state', 'Sleeping', oneOf),
  faulty('an unknown deletion policy', 'spec.deletionPolicy', 'Orphan', oneOf),
  faulty('no source', 'spec.source', undefined, required),
  faulty('no table', 'spec.source.table', undefined, required),
  faulty('an empty table', 'spec.source.table', '', empty),
  faulty('a table that is a number', 'spec.source.table', 7, wrongType),
  faulty('a table of 64 bytes', 'spec.source.table', 'x'.repeat(64), /63 bytes/),
  faulty('a table of 64 bytes in 32 letters', 'spec.source.table', 'é'.repeat(32), tooLong),
  faulty('a table of 64 bytes in 16 signs', 'spec.source.table', '🦤'.repeat(16), tooLong),
  faulty('a NUL in the table', 'spec.source.table', 'a\0b', 'holds a NUL character'),
  faulty('a schema of 64 bytes', 'spec.source.schema', 'é'.repeat(32), tooLong),
  faulty('no key column', 'spec.source.key', [], tooFew),
  faulty('nine key columns', 'spec.source.key', Array.from('abcdefghi'), tooMany),
  {
    ...faulty('a key column of 64 bytes', 'spec.source.key', ['a', 'é'.repeat(32)], tooLong),
    at: 'spec.source.key.1',
  },
  faulty('no text', 'spec.source.text', undefined, required),
  faulty('a text without columns', 'spec.source.text', 'name', /it names no column; write for/),
  faulty('an empty text', 'spec.source.text', '', /it names no column; write for/),
  faulty('an empty placeholder', 'spec.source.text', '{{a}} {{ }}', /it has an empty placeholder/),
  faulty(
    'a placeholder of a wide space',
    'spec.source.text',
    '{{a}}{{\u00a0}}',
    /it has an empty placeholder/,
  ),
  faulty('an open placeholder', 'spec.source.text', '{{a}} {{b', /it has an unmatched {{ or }}/),
  faulty('braces closed twice', 'spec.source.text', '{{a}} }}', /it has an unmatched {{ or }}/),
  faulty('a placeholder in another', 'spec.source.text', '{{a{{b}}', /it has an unmatched/),
  faulty(
    'a text of 10,001 characters',
    'spec.source.text',
    `{{a}}${'x'.repeat(9_996)}`,
    textTooLong,
  ),
  {
    ...faulty('a reserved name', 'spec.source.metadata', ['a', 'aviary_hash'], /reserved for what/),
    at: 'spec.source.metadata.1',
  },
  faulty(
    '65 columns',
    'spec.source.metadata',
    Array.from({ length: 65 }, (_, i) => `c${i}`),
    tooMany,
  ),
  {
    ...faulty(
      'a language in words',
      'spec.source.keywords',
      { language: 'English (US)' },
      'must be a text search configuration of Postgres, such as english or simple',
    ),
    at: 'spec.source.keywords.language',
  },
  faulty('no language', 'spec.source.keywords', {}, required),
  faulty(
    'IAM without a host',
    'spec.source.iamAuth',
    true,
    /needs secretRef, whose addresses name/,
  ),
  {
    ...faulty('a Secret by a path', 'spec.source.secretRef', { name: 'a/b' }, secretName),
    at: 'spec.source.secretRef.name',
  },
  faulty('no model', 'spec.embedding.model', undefined, required),
  faulty('an empty model', 'spec.embedding.model', '', empty),
  faulty('no dimensions', 'spec.embedding.dimensions', 0, tooSmall),
  faulty('half a dimension', 'spec.embedding.dimensions', 0.5, wrongType),
  faulty('20,001 dimensions', 'spec.embedding.dimensions', 20_001, tooBig),
  faulty('a host without https://', 'spec.embedding.baseURL', 'api.openai.com', httpAddress),
  {
    ...faulty('a Secret without a name', 'spec.embedding.secretRef', { name: '' }, secretName),
    at: 'spec.embedding.secretRef.name',
  },
  faulty('an index with capitals', 'spec.target.index', 'Aviary', label),
  faulty('an index that ends in a dash', 'spec.target.index', 'aviary-', label),
  faulty('no namespace', 'spec.target.namespace', undefined, required),
  faulty('a namespace of 65 characters', 'spec.target.namespace', 'n'.repeat(65), textTooLong),
  faulty('an unknown metric', 'spec.target.metric', 'manhattan', oneOf),
  {
    ...faulty(
      'more pods at least than at most',
      'spec.scaling',
      { min: 4, max: 3 },
      'must be at most max',
    ),
    at: 'spec.scaling.min',
  },
  {
    ...faulty('fewer pods than none', 'spec.scaling', { min: -1 }, tooSmall),
    at: 'spec.scaling.min',
  },
  {
    ...faulty('no pods at most', 'spec.scaling', { max: 0 }, tooSmall),
    at: 'spec.scaling.max',
  },
  {
    ...faulty('no backlog a pod', 'spec.scaling', { backlogPerPod: 0 }, tooSmall),
    at: 'spec.scaling.backlogPerPod',
  },
  {
    ...faulty('a day and a second', 'spec.scaling', { cooldownSeconds: 86_401 }, tooBig),
    at: 'spec.scaling.cooldownSeconds',
  },
  {
    ...faulty('no rows a second', 'spec.backfill', { ratePerSecond: 0 }, tooSmall),
    at: 'spec.backfill.ratePerSecond',
  },
  {
    ...faulty('an empty wish', 'spec.backfill', { requestId: '' }, empty),
    at: 'spec.backfill.requestId',
  },
  ...[
    'daily',
    '@daily',
    '0 3 * *',
    '60 3 * * *',
    '0 24 * * *',
    '0 3 0 * *',
    '0 3 * 13 *',
    '0 3 * * 7',
    '0 3 * * */0',
  ].map((schedule) => ({
    ...faulty(`the schedule ${schedule}`, 'spec.audit', { schedule }, cron),
    at: 'spec.audit.schedule',
  })),
];

/** Edits of `validDocument` that only the API server knows to be edits, and refuses. */
export const faultyEdits: readonly FaultySpec[] = [
  ...['schema', 'table'].map((field) =>
    faulty(`another ${field}`, `spec.source.${field}`, 'other', /cannot be changed: make another/),
  ),
  faulty(
    'a key where there was none',
    'spec.source.key',
    ['id'],
    /cannot be changed: make another/,
  ),
  faulty('another namespace', 'spec.target.namespace', 'other', /cannot be changed: make another/),
  faulty('another metric', 'spec.target.metric', 'euclidean', /cannot be changed: make another/),
  faulty(
    'other dimensions in the same index',
    'spec.embedding.dimensions',
    512,
    /can change together with target.index only/,
  ),
];

/** Edits that are right. */
export const validEdits: readonly Readonly<Record<string, unknown>>[] = [
  { 'spec.source.text': '{{name}} {{description}}' },
  { 'spec.source.metadata': ['price'] },
  { 'spec.embedding.model': 'text-embedding-3-large' },
  { 'spec.embedding.dimensions': 512, 'spec.target.index': 'aviary-512' },
  { 'spec.state': 'Stopped', 'spec.scaling': { max: 9 }, 'spec.deletionPolicy': 'Delete' },
];

/** A document with fields laid over it, by their paths. */
export function changed(
  document: object,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const copy = structuredClone(document) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, copy);
    if (value === undefined) Reflect.deleteProperty(parent, last);
    else parent[last] = value;
  }
  return copy;
}
