import { nextTick, shallowRef, type Ref } from 'vue';
import { editableColumns, type EditableColumn } from '../../../shared/product.ts';

/** A place of the table: a row and what is in it. */
export interface Cell {
  id: number;
  column: EditableColumn | 'actions';
}

/** From left to right. */
const columns: Cell['column'][] = ['name', 'description', 'sku', 'price', 'actions'];
const order = columns.filter((column) => (editableColumns as readonly string[]).includes(column));

/**
 * Which cell has the keyboard's focus and which one is being edited. The table is one stop of the tab key, as the
 * grid pattern has it: within, the arrow keys go from cell to cell.
 */
export function useCells(
  table: Readonly<Ref<HTMLElement | null>>,
  rows: {
    ids: () => number[];
    /** Nothing of it can be edited. */
    isFixed: (id: number) => boolean;
  },
) {
  const { ids, isFixed } = rows;
  const focused = shallowRef<Cell>();
  const edited = shallowRef<Cell>();
  /** What the editor begins with in place of what is saved. */
  const draft = shallowRef<string>();

  const isAt = (cell: Cell | undefined, id: number, column: Cell['column']) =>
    cell?.id === id && cell.column === column;

  /** One cell always takes the focus: where it was, or else the first. */
  function takesFocus(id: number, column: Cell['column']): boolean {
    const present = ids();
    const known = focused.value && present.includes(focused.value.id) ? focused.value : undefined;
    return isAt(known ?? { id: present[0] ?? 0, column: 'name' }, id, column);
  }

  async function focus(cell: Cell): Promise<void> {
    focused.value = cell;
    await nextTick();
    const at = (column: Cell['column']) =>
      table.value?.querySelector<HTMLElement>(
        `[data-cell="${cell.id}-${column}"] :is(button, input, textarea)`,
      );
    (at(cell.column) ?? at('actions'))?.focus();
  }

  function open(cell: Cell, beginWith?: string): void {
    focused.value = cell;
    draft.value = beginWith;
    edited.value = cell;
  }

  /** @param next opens the cell before or behind, or none. */
  function close(next: -1 | 0 | 1, isFocusHere: boolean): void {
    const cell = edited.value;
    edited.value = undefined;
    if (cell === undefined) return;
    if (next === 0) {
      if (isFocusHere) void focus(cell);
      return;
    }
    const present = ids().filter((id) => !isFixed(id));
    const place = present.indexOf(cell.id) * order.length + order.indexOf(cell.column) + next;
    const id = present[Math.floor(place / order.length)];
    const column = order[place % order.length];
    if (id === undefined || column === undefined) void focus(cell);
    else open({ id, column });
  }

  /** Arrows, Home and End among the cells. */
  function press(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const [, id, column] = /^(\d+)-(\w+)$/.exec(cellNameOf(target)) ?? [];
    if (target.matches('input, textarea') || id === undefined) return;
    const present = ids();
    const [row, place] = [present.indexOf(Number(id)), columns.indexOf(column as Cell['column'])];
    const steps: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      Home: [0, -place],
      End: [0, columns.length - 1 - place],
    };
    const [down, right] = steps[event.key] ?? [];
    if (down === undefined || right === undefined) return;
    event.preventDefault();
    const nextId = present[row + down];
    const nextColumn = columns[place + right];
    if (nextId !== undefined && nextColumn !== undefined)
      void focus({ id: nextId, column: nextColumn });
  }

  return { focused, edited, draft, isAt, takesFocus, focus, open, close, press };
}

const cellNameOf = (element: HTMLElement) =>
  element.closest<HTMLElement>('[data-cell]')?.dataset.cell ?? '';
