export {
  generateProducts,
  productAt,
  productTypeOf,
  type Product,
  type Sample,
} from './generate-products.ts';
export { generateInventory, type InventoryRow } from './inventory.ts';
export { judgedQueries, type JudgedQuery } from './judged-queries.ts';
export {
  createInventoryTable,
  createProductsTable,
  loadInventory,
  loadProducts,
  type LoadOptions,
} from './sample-tables.ts';
