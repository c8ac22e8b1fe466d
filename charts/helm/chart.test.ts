import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { chartFiles } from './chart.ts';
import { defaultValues, manifestsWith, type Values } from './values.ts';

const directory = join(import.meta.dirname, '../aviary');
const helm = spawnSync('helm', ['version']).status === 0;
if (!helm) console.warn('THE HELM CHART WAS NOT RENDERED: there is no helm, see https://helm.sh.');

describe("Aviary's Helm chart", () => {
  const files = chartFiles();

  it.each(Object.entries(files))('%s is up to date: else `make chart`', (path, content) => {
    expect(existsSync(join(directory, path)) && readFileSync(join(directory, path), 'utf8')).toBe(
      content,
    );
  });

  it('has no other file', () => {
    const present = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1));
    expect(present.sort()).toEqual(Object.keys(files).sort());
  });

  const defaults = defaultValues();
  const { openai, pinecone } = defaults.secrets;
  const secrets = { openai, pinecone };
  const specs = { products: defaults.specs.products } as Values['specs'];
  const variants: { what: string; values: Values }[] = [
    { what: 'the default values', values: defaults },
    {
      what: 'a cluster that sleeps, in another region, with other specs',
      values: {
        ...defaults,
        region: 'us-west-2',
        emu: { ...defaults.emu, min: 0, max: 40, backlogPerPod: 1_500 },
        pelican: { ...defaults.pelican, replicas: 5 },
        frontend: { ...defaults.frontend, min: 3, cpuPercent: 55 },
        database: {
          ...defaults.database,
          port: 6_543,
          readerHosts: ['a.example.com', 'b.example.com'],
        },
        networks: { clients: ['10.1.0.0/16'], database: ['10.2.0.0/16', '10.3.0.0/16'] },
        specs,
      },
    },
    {
      what: 'no public address, and no reader',
      values: {
        ...defaults,
        ingress: undefined,
        database: { ...defaults.database, readerHosts: [] },
      },
    },
    {
      what: 'an operator',
      values: { ...defaults, operator: true },
    },
    {
      what: 'an operator, another network, and nobody who signs in',
      values: {
        ...defaults,
        operator: true,
        emu: { ...defaults.emu, min: 0, max: 40 },
        pelican: { ...defaults.pelican, replicas: 5 },
        networks: { clients: ['10.1.0.0/16'], database: ['10.2.0.0/16', '10.3.0.0/16'] },
        ...{ ingress: undefined, signIn: undefined, secrets },
      },
    },
    {
      what: 'nobody who signs in',
      values: { ...defaults, ingress: undefined, signIn: undefined, secrets },
    },
  ];

  it.skipIf(!helm).each(variants)('with $what gives what cdk8s synthesises', ({ values }) => {
    expect(rendered(values)).toEqual(synthesised(values));
  });
});

type Objects = Record<string, unknown>;

function rendered(values: Values): Objects {
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'aviary-chart-'));
  const file = join(scratch.path, 'values.yaml');
  // What is not there is null, which takes away a default; and the default specs are taken away.
  const gone = Object.fromEntries(Object.keys(defaultValues().specs).map((name) => [name, null]));
  writeFileSync(
    file,
    stringify({
      ...values,
      ingress: values.ingress ?? null,
      signIn: values.signIn ?? null,
      specs: { ...gone, ...values.specs },
    }),
  );
  const { status, stdout, stderr } = spawnSync(
    'helm',
    [
      'template',
      'release',
      directory,
      '--namespace',
      'birds',
      '--kube-version',
      '1.35.0',
      '--values',
      file,
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 25 },
  );
  expect(status, stderr).toBe(0);
  return byName([stdout]);
}

const synthesised = (values: Values): Objects =>
  byName([...manifestsWith(values, 'birds').values()]);

/** Objects by kind and name; what the chart does otherwise is made alike. */
function byName(manifests: string[]): Objects {
  const objects: Objects = {};
  for (const document of manifests.flatMap((text) => parseAllDocuments(text))) {
    const object = document.toJS() as {
      kind: string;
      metadata: { name: string };
      data?: Record<string, string>;
    } | null;
    // The namespace is the release's, and definitions are of crds/.
    if (object === null || ['Namespace', 'CustomResourceDefinition'].includes(object.kind))
      continue;
    // Each release has a Job of its own.
    if (object.kind === 'Job') object.metadata.name = object.metadata.name.replace(/-1$/, '');
    // The same specs, laid out by another printer.
    const data: Record<string, unknown> | undefined = object.data;
    for (const [key, text] of Object.entries(object.data ?? {})) {
      if (data !== undefined) data[key] = parse(text) as unknown;
    }
    const asText = JSON.stringify(object).replace(
      /("aviary.dev\/(specs|surroundings)":)"[0-9a-f]{16}"/,
      '$1"digest"',
    );
    objects[`${object.kind} ${object.metadata.name}`] = JSON.parse(asText) as unknown;
  }
  return objects;
}
