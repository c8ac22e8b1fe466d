import { expect, test } from 'vitest';
import { planFaults } from './fault-plan.ts';
import { drawArming, faultPoints, signals } from './fault-points.ts';
import { Random } from './random.ts';
import { tables } from './tables.ts';
import { planUnits, type StepKind, type Unit } from './workload-plan.ts';

function units(seed: number, count: number): Unit[] {
  const planned: Unit[] = [];
  for (const unit of planUnits(3, new Random(seed).fork('client'), true)) {
    planned.push(unit);
    if (planned.length === count) break;
  }
  return planned;
}

test('a seed plans the same work and the same faults, another one others', () => {
  expect(units(7, 50)).toEqual(units(7, 50));
  expect(units(7, 50)).not.toEqual(units(8, 50));
  const faults = (seed: number) => planFaults(15_000, new Random(seed).fork('faults'));
  expect(faults(7)).toEqual(faults(7));
  expect(faults(7)).not.toEqual(faults(8));
});

test('a stream does not depend on what was drawn from its source', () => {
  const fresh = new Random(1);
  const used = new Random(1);
  used.next();
  expect(used.fork('a').next()).toBe(fresh.fork('a').next());
  expect(fresh.fork('a').next()).not.toBe(fresh.fork('b').next());
});

test('the same row is written for the same seed, and its text by nobody else', () => {
  const [articles] = tables;
  const row = (serial: number) => articles.row(['1'], serial, new Random(5));
  expect(row(10)).toEqual(row(10));
  expect(articles.textOf(row(10))).not.toBe(articles.textOf(row(11)));
});

test('units take their tables in one order, and truncate a table before they write to it', () => {
  for (const { steps } of units(1, 3_000)) {
    const places = steps.map(
      ({ table, kind }) => 2 * tables.indexOf(table) + Number(kind !== 'truncate'),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  }
});

test('every kind of write comes about', () => {
  const kinds = new Set(units(1, 5_000).flatMap(({ steps }) => steps.map(({ kind }) => kind)));
  expect(kinds).toContain('truncate' satisfies StepKind);
  expect(kinds).toContain('touch-poison' satisfies StepKind);
  expect(kinds.size).toBe(15);
});

test('every kind of fault, and every signal at every fault point, comes about', () => {
  const random = new Random(1);
  const storms = Array.from({ length: 20 }, () => planFaults(30_000, random));
  const kinds = new Set(storms.flat().map(({ fault }) => fault.kind));
  expect([...kinds].sort()).toEqual(
    [
      'backfill',
      'delay',
      'drop',
      'embedder',
      'hold',
      'index',
      'postgres',
      'queue',
      'signal',
    ].sort(),
  );
  const strikes = new Set(
    Array.from({ length: 2_000 }, (_, draw) =>
      drawArming(draw % 2 === 0 ? 'pelican' : 'emu', random),
    ).map(({ point, signal }) => `${point} ${signal}`),
  );
  expect(strikes.size).toBe(faultPoints.length * signals.length);
});
