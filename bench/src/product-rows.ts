/** One row of the measured table, without what Postgres fills in. */
export interface ProductRow {
  name: string;
  sku: string;
  description: string;
  price: number;
}

const nouns =
  'kettle lamp desk chair tent jacket bicycle keyboard teapot mirror shelf blanket'.split(' ');
const traits =
  'sturdy light quiet warm foldable oak steel woollen compact bright simple small'.split(' ');
const uses =
  'for long evenings outdoors|for a small kitchen|that children can carry|for wet and windy days|with a cover that can be washed|made to be repaired|that fits under the stairs|for people who work late'.split(
    '|',
  );

const pick = (from: readonly string[], number: number) => from[number % from.length] ?? '';

/** The row of a number, always the same: about 230 characters of text, 55 tokens, no two alike. */
export function productAt(number: number): ProductRow {
  const noun = pick(nouns, number);
  const trait = pick(traits, Math.floor(number / nouns.length));
  const sentences = [0, 1, 2].map(
    (n) =>
      `A ${pick(traits, number + 5 * n)} ${noun} ${pick(uses, Math.floor(number / 7) + 3 * n)}.`,
  );
  return {
    name: `The ${trait} ${noun} no. ${number}`,
    sku: `SKU-${number}`,
    description: `${sentences.join(' ')} Serial ${number}, delivered within two days.`,
    price: (number % 90_000) / 100,
  };
}

const rowsPerChunk = 2_000;

/** Input for COPY (name, sku, description, price) FROM STDIN. */
export function copyChunks(count: number): Buffer[] {
  return Array.from({ length: Math.ceil(count / rowsPerChunk) }, (_, chunk) => {
    const from = chunk * rowsPerChunk;
    const lines = Array.from({ length: Math.min(rowsPerChunk, count - from) }, (__, position) => {
      const { name, sku, description, price } = productAt(from + position);
      return `${name}\t${sku}\t${description}\t${price}\n`;
    });
    return Buffer.from(lines.join(''));
  });
}
