import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runAlone } from './command-line.ts';
import { Figures } from './figures.ts';
import { defineMeasurement } from './measurement.ts';
import { root } from './processes.ts';
import { System, usualStubs } from './system.ts';

interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}

interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

interface Place {
  /** Name and place of the function that had the processor. */
  self: string;
  /** The package that called it: its own where it is no part of Node. */
  owner: string;
}

const idle = '(idle)';

/** Of each node of the call tree. */
function placesOf({ nodes }: CpuProfile): Map<number, Place> {
  const parents = new Map<number, (typeof nodes)[number]>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  return new Map(
    nodes.map((node) => {
      let owning: (typeof nodes)[number] | undefined = node;
      while (owning && !owning.callFrame.url.startsWith('file:')) owning = parents.get(owning.id);
      return [
        node.id,
        {
          self: nameOf(node.callFrame),
          owner: owning ? packageOf(owning.callFrame) : 'Node itself',
        },
      ];
    }),
  );
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const file = url.startsWith('file:') ? fileOf(url) : url;
  return `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
}

/** Such as `@smithy/core`, or `services/emu`. */
function packageOf({ url }: CallFrame): string {
  const file = fileOf(url);
  const installed = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
  return installed ?? file.split('/').slice(0, 2).join('/');
}

const fileOf = (url: string) => relative(root, fileURLToPath(url));

/** Milliseconds by name, most first; those of idling left out. */
function timesBy(profile: CpuProfile, nameOfPlace: (place: Place) => string): [string, number][] {
  const places = placesOf(profile);
  const times = new Map<string, number>();
  for (const [position, id] of profile.samples.entries()) {
    const place = places.get(id);
    if (place === undefined || place.self === idle) continue;
    const name = nameOfPlace(place);
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[position] ?? 0) / 1_000);
  }
  return [...times].sort(([, a], [, b]) => b - a);
}

const profile = defineMeasurement({
  name: 'profile',
  summary: 'Where each process spends its time while rows go from table to index.',
  options: {
    rows: { default: 20_000, quick: 2_000, help: 'rows of the load' },
    top: { default: 15, quick: 5, help: 'packages and functions to show of each process' },
  },
  async measure(workbench, { rows, top }) {
    const { profiles } = workbench;
    const names = await System.with(workbench, { ...usualStubs, profiles }, async (system) => {
      await system.startPelican();
      await system.startEmu();
      await system.database.copy(rows);
      await system.untilIndexed(rows);
      return system.processes.running.map(({ name }) => name);
    });
    const figures = new Figures();
    for (const name of names.reverse()) {
      const file = join(profiles, `${name}.cpuprofile`);
      const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
      const packages = timesBy(profile, ({ owner }) => owner);
      const functions = timesBy(profile, ({ self }) => self);
      const busy = packages.reduce((sum, [, ms]) => sum + ms, 0);
      figures.add(`${name}: busy`, 'ms', busy);
      const add = (what: string, ms: number) =>
        figures.add(`${name}: ${what}`, '% of busy', (ms / busy) * 100);
      for (const [what, ms] of packages.slice(0, top)) add(`all of ${what}`, ms);
      for (const [what, ms] of functions.slice(0, top)) add(what, ms);
    }
    return figures.list;
  },
});

await runAlone(profile);
