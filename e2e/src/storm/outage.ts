/** Postgres is away because the storm wants it so. */
export class Outage {
  #away = 0;
  #over = 0;

  /** To be kept with a connection from before it is made. */
  get mark(): number {
    return this.#over;
  }

  /** Whether it may be by an outage that a connection of that mark broke, however late it shows. */
  mayHaveBroken(mark: number): boolean {
    return this.#away > 0 || this.#over > mark;
  }

  async during(work: () => Promise<void>): Promise<void> {
    this.#away += 1;
    try {
      await work();
    } finally {
      this.#away -= 1;
      this.#over += 1;
    }
  }
}
