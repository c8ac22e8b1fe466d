/** How long after Postgres is back a connection of before may still show that it broke, in milliseconds. */
const aftermathMs = 3_000;

/** Whether Postgres is away because the storm wanted it so. */
export class Outage {
  #away = 0;
  #overAt = -Infinity;

  get isOn(): boolean {
    return this.#away > 0 || performance.now() < this.#overAt;
  }

  async during(work: () => Promise<void>): Promise<void> {
    this.#away += 1;
    try {
      await work();
    } finally {
      this.#away -= 1;
      this.#overAt = performance.now() + aftermathMs;
    }
  }
}
