import {
  newProductSchema,
  type EditableColumn,
  type Product,
  type ProductChange,
} from '../../../shared/product.ts';

export const fieldLabels: Record<EditableColumn, string> = {
  name: 'Name',
  sku: 'SKU',
  description: 'Description',
  price: 'Price',
};

/** A field as it is typed. */
export function textOf(product: Partial<Product>, column: EditableColumn): string {
  const value = product[column];
  return value === null || value === undefined ? '' : String(value);
}

/** A typed field as a change of the product, or what is wrong with it. */
export function readField(
  column: EditableColumn,
  text: string,
): { change: ProductChange } | { fault: string } {
  const { data, error } = newProductSchema.shape[column].safeParse(valueOf(column, text));
  if (error) return { fault: error.issues[0]?.message ?? 'Not valid' };
  return { change: { [column]: data } };
}

/** Number('') would be 0, and an empty price is no number. */
export const valueOf = (column: EditableColumn, text: string): string | number =>
  column === 'price' ? Number(text.trim() || NaN) : text;
