import { productAt, type Sample } from './generate-products.ts';
import { picker } from './picker.ts';
import { seededValue } from './seeded.ts';

/** A row of `store_inventory`: what one store has of one product. */
export interface InventoryRow {
  storeCode: string;
  productSku: string;
  shelfNote: string;
  quantity: number;
  aisle: string;
  updatedAt: Date;
}

const stores = ['BER-01', 'LIS-02', 'OSL-03', 'YRK-04', 'GVA-05'];
const remarks = [
  'Beside the till, where people queue.',
  'On the top shelf; ask for the ladder.',
  'The box is dented, so it sells at ten per cent off.',
  'Last of the old packaging, sell first.',
  'On show in the window this week.',
  'Locked cabinet, key at the service desk.',
  'Reserved for customers who ordered online.',
];

/** Each product in every store in turn, with a note for the staff: the same for the same seed. */
export function* generateInventory({ count, seed, from = 0 }: Sample): Generator<InventoryRow> {
  for (let position = from; position < from + count; position += 1) {
    const pick = picker(Math.floor(seededValue(seed, position, 4) * 1e9));
    const product = productAt(Math.floor(position / stores.length), seed);
    yield {
      storeCode: picker(position)(stores),
      productSku: product.sku,
      shelfNote: `${product.name}. ${pick(remarks)}`,
      quantity: Math.floor(seededValue(seed, position, 5) * 40),
      aisle: `${pick(['A', 'B', 'C', 'D', 'E', 'F'])}${1 + (position % 12)}`,
      updatedAt: product.lastUpdated,
    };
  }
}
