import { expect, test } from 'vitest';
import { journeyStepsOf, type Sighting } from './journey-steps.ts';

const since = 1_000;
const provenance = {
  contentHash: 'h',
  version: 1,
  changedAt: 1_001,
  queuedAt: 1_010,
  embeddedAt: 1_030,
};
const arrived: Sighting = {
  now: 1_050,
  exists: true,
  awaitsQueueing: false,
  hasRecord: true,
  provenance,
};

test.each<[string, Partial<Sighting>, string[]]>([
  ['arrived', {}, ['queued 10', 'embedded 30', 'searchable 50']],
  [
    'arrived with a vector of before',
    { provenance: { ...provenance, embeddedAt: 900 } },
    ['queued 10', 'kept 10', 'searchable 50'],
  ],
  [
    'arrived by an emu that keeps no times',
    { provenance: { ...provenance, queuedAt: undefined, embeddedAt: undefined } },
    ['searchable 50'],
  ],
  ['on its way', { provenance: { ...provenance, changedAt: 999 } }, ['queued 50']],
  ['new and on its way', { hasRecord: false, provenance: undefined }, ['queued 50']],
  ['not queued', { provenance: undefined, awaitsQueueing: true }, []],
  ['nobody knows whether queued', { provenance: undefined, awaitsQueueing: undefined }, []],
  ['gone', { exists: false, hasRecord: false, provenance: undefined }, ['gone 50']],
  ['deleted, and its record is there yet', { exists: false }, ['queued 50']],
  [
    'the queue’s clock is behind, the emu’s ahead',
    { provenance: { ...provenance, queuedAt: 990, embeddedAt: 2_000 } },
    ['queued 0', 'embedded 50', 'searchable 50'],
  ],
])('%s', (_, change, steps) => {
  const events = journeyStepsOf(since, { ...arrived, ...change });
  expect(events.map(({ step, ms }) => `${step} ${ms}`)).toEqual(steps);
});
