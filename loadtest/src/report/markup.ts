/** Text that is HTML or SVG already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Part = Markup | string | number | null | readonly Part[];

/** HTML or SVG in which every value is escaped, unless it is markup itself; null is nothing, a list its parts. */
export function markup(strings: TemplateStringsArray, ...values: Part[]): Markup {
  const parts = strings.map((text, at) => text + (at < values.length ? textOf(values[at]) : ''));
  return new Markup(parts.join(''));
}

function textOf(part: Part | undefined): string {
  if (part === null || part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
