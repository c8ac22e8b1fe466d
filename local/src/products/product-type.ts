/** One kind of thing the sample shop sells, with the words its products are described in. */
export interface ProductType {
  name: string;
  /** Three letters, for the SKU; different for every type. */
  code: string;
  /** What a product of the type may be called; singular, lower case. */
  nouns: readonly string[];
  /** What it has: follows "with". */
  features: readonly string[];
  /** What it is for: begins with "for". */
  uses: readonly string[];
  /** What it does: follows "it", so a verb comes first. At least three. */
  benefits: readonly string[];
  /** Who buys it; plural. */
  buyers: readonly string[];
  /** How large, how much or which format. */
  sizes: readonly string[];
  /** A sentence without its full stop. */
  care: readonly string[];
  /** In the shop's currency, lowest and highest. */
  price: readonly [number, number];
  /** Where a colour makes no sense, what tells products apart instead. */
  variants?: readonly string[];
}
