/** A text template in parts: literal text and the columns between them. */
export interface TextTemplate {
  /** Columns it names, each once, in order of appearance. */
  readonly columns: readonly string[];
  readonly parts: readonly (string | { readonly column: string })[];
}

/** What may be wrong with a template. */
export const templateFaults = {
  emptyPlaceholder: 'it has an empty placeholder {{}}; put a column name in it',
  unmatched: 'it has an unmatched {{ or }}',
  noColumn: 'it names no column; write for example "{{name}}"',
} as const;

const placeholder = /\{\{([^{}]*)\}\}/g;

/**
 * Parses `{{column}}` placeholders.
 *
 * @throws Error that shows what is wrong with the template.
 */
export function parseTemplate(template: string): TextTemplate {
  const parts: (string | { column: string })[] = [];
  const columns = new Set<string>();
  let end = 0;
  for (const match of template.matchAll(placeholder)) {
    const column = (match[1] ?? '').trim();
    if (column === '') throw new Error(templateFaults.emptyPlaceholder);
    if (match.index > end) parts.push(template.slice(end, match.index));
    parts.push({ column });
    columns.add(column);
    end = match.index + match[0].length;
  }
  if (end < template.length) parts.push(template.slice(end));
  if (parts.some((part) => typeof part === 'string' && /\{\{|\}\}/.test(part)))
    throw new Error(templateFaults.unmatched);
  if (columns.size === 0) throw new Error(templateFaults.noColumn);
  return { columns: [...columns], parts };
}

/**
 * Fills the template in. NULL reads as nothing.
 *
 * @returns the trimmed text, or an empty string when every column is blank: there is nothing to search for.
 */
export function fillTemplate(
  template: TextTemplate,
  value: (column: string) => string | null,
): string {
  let text = '';
  let blank = true;
  for (const part of template.parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const filled = value(part.column) ?? '';
    if (blank && filled.trim() !== '') blank = false;
    text += filled;
  }
  return blank ? '' : text.trim();
}
