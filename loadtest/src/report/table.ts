import { Markup, markup } from './markup.ts';

export interface Column<Row> {
  title: string;
  of: (row: Row) => string | Markup;
  isNumber?: boolean;
  /** Of its row. */
  isHeading?: boolean;
}

/** A table that scrolls by itself, also by keyboard, where it is wider than the page. */
export function table<Row>(
  label: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Markup {
  const kind = (column: Column<Row>) =>
    column.isNumber === true ? markup` class="number"` : markup``;
  const head = columns.map((column) => markup`<th scope="col"${kind(column)}>${column.title}</th>`);
  const body = rows.map((row) => {
    const cells = columns.map((column) =>
      column.isHeading === true
        ? markup`<th scope="row"${kind(column)}>${column.of(row)}</th>`
        : markup`<td${kind(column)}>${column.of(row)}</td>`,
    );
    return markup`<tr>${cells}</tr>
`;
  });
  return markup`<div class="wide" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table></div>`;
}
