import type { Result } from '../result.ts';
import { reportPage } from './page.ts';
import { timelineOf } from './panels.ts';
import { timelineFile } from './timeline-svg.ts';

/** As wide as the text of a page that shows it. */
const svgWidth = 880;

/** A run for people, by the ending of the file's name: NAME.html, and NAME.svg, its picture alone. */
export function reportFiles(result: Result): { html: string; svg: string } {
  return { html: reportPage(result), svg: timelineFile(timelineOf(result), svgWidth) };
}
