import { catalogue } from './catalogue.ts';
import { productName, templates } from './describe-product.ts';
import { picker } from './picker.ts';
import type { ProductType } from './product-type.ts';
import { seededUuid, seededValue } from './seeded.ts';

/** A row of `products_with_increment`, without what Postgres fills in. */
export interface Product {
  name: string;
  sku: string;
  description: string;
  price: number;
  lastUpdated: Date;
  uuid: string;
}

export interface Sample {
  count: number;
  /** Another seed, other rows. */
  seed: number;
  /** Position of the first row, so that a table can be filled further. Default 0. */
  from?: number;
}

const brands =
  'Norrvik Halden Tarnbeck Oakhurst Luma Brightwell Sorrel Kestrel Maren Fjordline Ashdown Cobalt Willowby Pemberley Juno Arvika Calder Lindqvist Solveig Thornfield Quill Vantage Larkspur Edda'.split(
    ' ',
  );
const colours = 'black white graphite moss navy terracotta sand cherry teal mustard plum sky'.split(
  ' ',
);
const endings = [0, 0.5, 0.9, 0.95, 0.99];

// Fixed, so that the same seed gives the same rows for ever.
const newest = Date.UTC(2025, 5, 30);
const yearMs = 365 * 86_400_000;

// A prime above the length of every list: a step of it changes every pick, and never early the same way.
const stride = 618_041;

/**
 * The sample shop's products, each type in turn: the same for the same seed, no two alike in description
 * up to a million of them.
 */
export function* generateProducts({ count, seed, from = 0 }: Sample): Generator<Product> {
  for (let position = from; position < from + count; position += 1) {
    yield productAt(position, seed);
  }
}

/** The name of the product type that a generated SKU stands for. */
export function productTypeOf(sku: string): string | undefined {
  return catalogue.find((type) => sku.startsWith(`${type.code}-`))?.name;
}

/** The product at a position: any can be had without those before it. */
export function productAt(position: number, seed: number): Product {
  const typePosition = position % catalogue.length;
  const type = picker(typePosition)(catalogue);
  const start = Math.floor(seededValue(seed, typePosition, 0) * 1e9);
  const pick = picker(start + Math.floor(position / catalogue.length) * stride);
  // What the description is made of is picked first: it then repeats last.
  const template = pick(templates);
  const benefit = pick(type.benefits);
  const wording = {
    benefit,
    otherBenefit: pick(type.benefits.filter((other) => other !== benefit)),
    noun: pick(type.nouns),
    feature: pick(type.features),
    use: pick(type.uses),
    buyers: pick(type.buyers),
    size: pick(type.sizes),
    care: pick(type.care),
  };
  return {
    name: productName(pick(brands), wording, pick(type.variants ?? colours)),
    sku: `${type.code}-${position.toString(36).toUpperCase().padStart(6, '0')}`,
    description: template(wording),
    price: priceOf(type, seed, position),
    lastUpdated: new Date(newest - Math.floor(seededValue(seed, position, 1) * yearMs)),
    uuid: seededUuid(seed, position),
  };
}

function priceOf(type: ProductType, seed: number, position: number): number {
  const [lowest, highest] = type.price;
  // Squared, since cheap products outnumber dear ones.
  const whole = lowest + Math.floor(seededValue(seed, position, 2) ** 2 * (highest - lowest));
  return whole + (endings[position % endings.length] ?? 0);
}
