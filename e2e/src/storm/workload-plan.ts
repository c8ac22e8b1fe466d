import { KeyChoice } from './key-choice.ts';
import { poison } from './poison.ts';
import type { Random } from './random.ts';
import { tables, type Key, type StormTable } from './tables.ts';

/** What one step does to its rows. */
const stepWeights = {
  insert: 14,
  'insert-many': 4,
  copy: 3,
  upsert: 12,
  'update-text': 14,
  'update-metadata': 16,
  'update-unwatched': 8,
  delete: 9,
  /** Another key for a row. */
  rekey: 6,
  /** Two rows take each other's keys. */
  swap: 3,
  /** A row takes the key of one that is deleted, and a new one takes its own. */
  reuse: 3,
  /** Deleted and inserted again with the same text. */
  'reinsert-same': 5,
  'reinsert-other': 4,
  truncate: 0.15,
};

/** A long transaction leaves most keys to others. */
const noBulk = { 'insert-many': 0, copy: 0 };

/** A row that cannot be a record is written once more. */
const poisonShare = 0.05;

/** What a client does in one go. */
const shapeWeights = {
  /** One step as one statement or a few, each committed by itself. */
  statements: 38,
  /** One statement on a hot row without locking its key: all clients meet there. */
  hammer: 30,
  transaction: 20,
  /** Holds its changes for a second or more. */
  'long transaction': 2.5,
  'repeatable read': 5,
};

export type StepKind = keyof typeof stepWeights | 'touch-poison';

export interface Step {
  kind: StepKind;
  table: StormTable;
  keys: readonly Key[];
  /** Of the first row it writes; the texts of rows with other serials differ. */
  serial: number;
  /** Done within a savepoint that is rolled back. */
  undone: boolean;
}

export interface Unit {
  shape: keyof typeof shapeWeights;
  steps: readonly Step[];
  rolledBack: boolean;
  /** Between the steps, in milliseconds. */
  pauseMs: number;
  /** After it, in milliseconds. */
  restMs: number;
}

/** More than any step writes. */
const serialsPerStep = 1_000;

/**
 * The units of one client, one after another, without end.
 *
 * @param truncates whether tables are emptied now and then, which also undoes what went wrong before
 */
export function* planUnits(
  client: number,
  random: Random,
  truncates: boolean,
): Generator<Unit, never> {
  let serial = (client + 1) * 100_000_000;
  const choices = new Map(tables.map((table) => [table, new KeyChoice(table, random)]));
  const choiceOf = (table: StormTable) => choices.get(table) ?? new KeyChoice(table, random);
  const step = (table: StormTable, kind: StepKind, keys: readonly Key[]): Step => ({
    kind,
    table,
    keys,
    serial: (serial += serialsPerStep),
    undone: random.chance(0.08),
  });
  const drawHammer = (): Step => {
    if (random.chance(poisonShare)) {
      const { table, key } = random.pick(poison);
      return step(table, 'touch-poison', [key]);
    }
    const table = random.pick(tables);
    const kind = random.weighted({ 'update-text': 4, 'update-metadata': 5, delete: 1 });
    return step(table, kind, [choiceOf(table).hot()]);
  };
  for (;;) {
    for (const choice of choices.values()) choice.advance();
    const shape = random.weighted(shapeWeights);
    const restMs = random.between(2, 50);
    if (shape === 'hammer') {
      const hammer = { ...drawHammer(), undone: false };
      yield { shape, steps: [hammer], rolledBack: false, pauseMs: 0, restMs };
      continue;
    }
    // Tables in their order, and TRUNCATE before any other step on its table: no two clients can deadlock.
    const steps = tables.flatMap((table) => {
      const isLong = shape === 'long transaction';
      const count = shape === 'statements' ? 1 : random.between(0, isLong ? 2 : 3);
      const weights = {
        ...stepWeights,
        ...(isLong ? noBulk : {}),
        ...(truncates ? {} : { truncate: 0 }),
      };
      const kinds = Array.from({ length: count }, () => random.weighted(weights));
      return kinds
        .sort((a, b) => Number(b === 'truncate') - Number(a === 'truncate'))
        .map((kind) => {
          const keys = keysOf(kind, table.spareKey(client), choiceOf(table), random);
          return step(table, kind, keys);
        });
    });
    yield {
      shape,
      steps: shape === 'statements' ? [random.pick(steps)] : steps,
      rolledBack: shape !== 'statements' && random.chance(0.15),
      pauseMs:
        shape === 'long transaction' ? random.between(200, 1_000) : random.chance(0.3) ? 20 : 0,
      restMs,
    };
  }
}

function keysOf(kind: StepKind, spareKey: Key, choice: KeyChoice, random: Random): Key[] {
  switch (kind) {
    case 'truncate':
      return [];
    case 'swap':
      return [...choice.some(2), spareKey];
    case 'rekey':
    case 'reuse':
      return choice.some(2);
    case 'copy':
      return choice.some(random.between(10, 120));
    case 'insert-many':
      return choice.some(random.between(2, 40));
    default:
      return random.chance(0.25) ? choice.some(random.between(2, 8)) : [choice.one()];
  }
}
