/** A column's name for people: `last_updated` is "Last updated". */
export function labelOf(column: string): string {
  const words = column.replaceAll('_', ' ').trim();
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
