import type { Mark } from '../../shared/search.ts';
import { markEnd, markStart } from './keyword-search.ts';

/** The marks of a text whose matching words stand between the two mark characters. */
export function readMarks(marked: string, field: Mark['field']): Mark[] {
  const marks: Mark[] = [];
  let removed = 0;
  let start = 0;
  for (const [position, unit] of marked.split('').entries()) {
    if (unit === markStart) start = position - removed;
    if (unit === markEnd) {
      const end = position - removed;
      const text = marked.slice(start + removed, position);
      marks.push({ field, start, end, text });
    }
    if (unit === markStart || unit === markEnd) removed += 1;
  }
  return marks;
}
