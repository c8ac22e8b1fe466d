/** A value that stands for another until a template is made of it. */
export interface Placeholder {
  /** Where it stands among the values, as emu.max. */
  path: string;
  kind: 'string' | 'number' | 'list';
}

/** Below what Go prints with an exponent, and no number of a manifest's own. */
const firstNumber = 987_001;

/** Values whose leaves stand for themselves. */
export class Placeholders {
  readonly #all: Placeholder[] = [];

  /** Replaces each leaf below; a list is one leaf, whatever is in it. */
  of<T>(values: T, path = ''): T {
    if (values === undefined) return values;
    if (Array.isArray(values)) return [this.#take({ path, kind: 'list' })] as T;
    if (typeof values === 'number') return this.#take({ path, kind: 'number' }) as T;
    if (typeof values !== 'object' || values === null) {
      return this.#take({ path, kind: 'string' }) as T;
    }
    return Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        this.of(value, path === '' ? key : `${path}.${key}`),
      ]),
    ) as T;
  }

  /** The placeholders in a text, in order, with their places. */
  in(text: string): (Placeholder & { from: number; to: number })[] {
    return [...text.matchAll(/zz(\d+)zz|(?<!\d)(9870\d\d|987[1-9]\d\d)(?!\d)/g)].flatMap(
      (match) => {
        const number = match[1] ?? Number(match[2]) - firstNumber;
        const placeholder = this.#all[Number(number)];
        if (placeholder === undefined) return [];
        return [{ ...placeholder, from: match.index, to: match.index + match[0].length }];
      },
    );
  }

  #take(placeholder: Placeholder): string | number {
    const number = this.#all.push(placeholder) - 1;
    return placeholder.kind === 'number' ? firstNumber + number : `zz${number}zz`;
  }
}
