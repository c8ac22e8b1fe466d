/**
 * Ids in the order the API lists them (of their bytes; they are ASCII), kept sorted lazily: a page after
 * writes merges what is new into what was sorted, O(n), so that walking an index in pages of 100 while it
 * is being written to does not sort it again each time, and writing without listing costs nothing.
 */
export class SortedIds {
  #sorted: string[] = [];
  #added = new Set<string>();
  #deleted = new Set<string>();

  add(id: string): void {
    if (!this.#deleted.delete(id)) this.#added.add(id);
  }

  delete(id: string): void {
    if (!this.#added.delete(id)) this.#deleted.add(id);
  }

  page(prefix: string, after: string | undefined, limit: number): string[] {
    this.#merge();
    const ids = this.#sorted;
    let at = after === undefined ? this.#position(prefix) : this.#position(after);
    if (after !== undefined && ids[at] === after) at++;
    const page: string[] = [];
    for (let id = ids[at]; id?.startsWith(prefix) && page.length < limit; id = ids[++at]) {
      page.push(id);
    }
    return page;
  }

  /** Of the first id not below this one. */
  #position(id: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? '') < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #merge(): void {
    if (this.#added.size === 0 && this.#deleted.size === 0) return;
    const added = [...this.#added].sort();
    const merged: string[] = [];
    let next = 0;
    for (const id of this.#sorted) {
      if (this.#deleted.has(id)) continue;
      for (let a = added[next]; a !== undefined && a < id; a = added[++next]) merged.push(a);
      merged.push(id);
    }
    for (; next < added.length; next++) merged.push(added[next] ?? '');
    this.#sorted = merged;
    this.#added = new Set();
    this.#deleted = new Set();
  }
}
