import type { Part } from '@aviary/runtime';
import type { Sample } from '../../shared/pipeline.ts';

const everyMs = 2_000;
/** So many newest samples stay as they are: five minutes. */
const close = 150;
/** Of older ones, one of so many stays: one each ten seconds. */
const thinning = 5;
/** So many older ones: 55 minutes. */
const distant = 330;

/**
 * What the pipeline looked like over the last hour, as this process saw it: a server that has just begun knows
 * nothing of before, and another one saw it at other moments. Prometheus has the long history.
 */
export class History implements Part {
  readonly name = 'history';
  readonly #look: () => Promise<Sample>;
  /** Oldest first. */
  readonly #kept: { number: number; sample: Sample }[] = [];
  #taken = 0;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;

  constructor(look: () => Promise<Sample>) {
    this.#look = look;
  }

  start(): Promise<void> {
    this.#timer = setInterval(() => {
      // A look that takes long is no reason for two at once.
      this.#underWay ??= this.take().finally(() => (this.#underWay = undefined));
    }, everyMs);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
  }

  async take(): Promise<void> {
    const sample = await this.#look();
    this.#kept.push({ number: this.#taken, sample });
    this.#taken += 1;
    // Each becomes an older one once.
    const turned = this.#kept.at(-close - 1);
    if (turned === undefined) return;
    if (turned.number % thinning !== 0) this.#kept.splice(this.#kept.length - close - 1, 1);
    else if (this.#kept.length > close + distant) this.#kept.shift();
  }

  /** Those after a time in milliseconds since the epoch, oldest first. */
  since(time: number): Sample[] {
    return this.#kept.map(({ sample }) => sample).filter(({ at }) => at > time);
  }
}
