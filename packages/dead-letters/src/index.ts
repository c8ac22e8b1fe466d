export { DeadLetterBox, rowOf, type HeldLetter } from './dead-letter-box.ts';
export {
  find,
  matches,
  selected,
  type LetterFilter,
  type NotDone,
  type Selected,
} from './letter-selection.ts';
export { LettersByRow, viewOf, type LetterView, type LettersView } from './letter-view.ts';
export { redrive, type Redriven, type RedriveOptions } from './redrive.ts';
