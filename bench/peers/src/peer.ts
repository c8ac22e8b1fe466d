import type { StartedProcess } from '../../src/processes.ts';
import type { System } from '../../src/system.ts';

/** One way from table to index. */
export interface Peer {
  /** As --only has it. */
  name: string;
  title: string;
  /** Handles rows one at a time, so that the large load would take minutes. */
  isSequential?: true;
  /** Gets what it needs that `npm ci` does not bring. @throws Error naming what is missing. */
  prepare?(say: (text: string) => void): Promise<void>;
  assemble(place: Place): Promise<Assembled>;
}

export interface Place {
  system: System;
  /** A directory of this run's. */
  directory: string;
  /** For peers that can choose: many changes a second, or each row's changes in their order. */
  aim: 'rate' | 'order';
}

/** A peer that is set up on a database, with nothing running yet. */
export interface Assembled {
  /** Reads the table's changes. */
  reader: Restartable;
  /** Embeds and writes to the index; the reader itself where one process does both. */
  writer: Restartable;
  /** Names of its processes, whose memory and CPU count. */
  processes: string[];
  /** Rows in the queue so far, where there is one. */
  queued?: () => Promise<number>;
  /** Longest that it may need, by its own settings, until what a crash left is taken up again. */
  recoverySeconds: number;
}

/** A part of a system that is started, and started again after it was killed. */
export class Restartable {
  readonly #launch: () => Promise<StartedProcess>;
  #running: Promise<StartedProcess> | undefined;

  constructor(launch: () => Promise<StartedProcess>) {
    this.#launch = launch;
  }

  /** Resolves when it is at work; at once where it already is. Again while it starts: no effect. */
  async start(): Promise<void> {
    this.#running ??= this.#launch();
    await this.#running;
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await (await this.#running)?.kill();
    this.#running = undefined;
  }
}
