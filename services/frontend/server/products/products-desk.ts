import type { Part } from '@aviary/runtime';
import type { SemanticIndex } from '@aviary/semantic-index';
import { RequestError } from '../problems.ts';
import type { Products } from './connect-products.ts';

/**
 * The table that the page edits, from the first spec of it on: specs may come after the server. Which table it is
 * stays then; what of it goes to the index follows the spec.
 */
export class ProductsDesk implements Part {
  readonly name = 'products';
  readonly #index: string;
  readonly #connect: (spec: SemanticIndex) => Products;
  #products: Products | undefined;

  /** @param index name of the products' SemanticIndex */
  constructor(index: string, connect: (spec: SemanticIndex) => Products) {
    this.#index = index;
    this.#connect = connect;
  }

  /** Name of the SemanticIndex, if there is a table. */
  get edited(): string | null {
    return this.#products === undefined ? null : this.#index;
  }

  follow(specs: readonly SemanticIndex[]): void {
    const spec = specs.find(({ name }) => name === this.#index);
    if (spec === undefined) return;
    this.#products ??= this.#connect(spec);
    this.#products.follow(spec);
  }

  /** @throws RequestError while there is no spec of it. */
  get current(): Products {
    if (this.#products !== undefined) return this.#products;
    throw new RequestError(
      404,
      `There is no table to edit: SPECS has no SemanticIndex "${this.#index}", which PRODUCTS_INDEX names.`,
    );
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#products?.journeys.stop();
  }
}
