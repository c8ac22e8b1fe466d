const gap = '   ';
/** Control characters, of which a terminal would make something else than text. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f]+/g;

/**
 * Text in columns for people: a heading, and every column as wide as its widest cell.
 *
 * @returns lines without an ending newline
 */
export function columns(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, ...rows].map((cells) =>
    heading.map((_, position) => printable(cells[position] ?? '')),
  );
  const widths = heading.map((_, position) =>
    Math.max(...lines.map((cells) => cells[position]?.length ?? 0)),
  );
  return lines
    .map((cells) =>
      cells
        .map((cell, position) => cell.padEnd(widths[position] ?? 0))
        .join(gap)
        .trimEnd(),
    )
    .join('\n');
}

/** A text on one line, without what would steer a terminal. */
export function printable(text: string): string {
  return text.replace(control, ' ');
}
