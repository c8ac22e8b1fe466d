import { expect, test } from 'vitest';
import { mappingOf, readHead } from './csv-file.ts';
import { partsOf, readRows } from './import-rows.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function rowsOf(text: string | Uint8Array<ArrayBuffer>) {
  const file = new File([text], 'products.csv');
  const head = await readHead(file);
  return collect(readRows(file, head, mappingOf(head.header)));
}
const told = async (text: string) =>
  (await rowsOf(text)).map(
    ({ product, faults }) =>
      product?.sku ?? faults.map(({ line, message }) => `${line}: ${message}`).join('; '),
  );

test('rows are read with the lines they begin on, whatever stands in quotes', async () => {
  const rows = await rowsOf(
    '\uFEFFSKU, Name ,price,description,stock\r\nK-1,Kettle,12.50,"Two\r\nlines, ""quoted""",3\r\n\r\nC-1,Cup,3,,1\r\n',
  );
  expect(rows).toEqual([
    {
      line: 2,
      product: { sku: 'K-1', name: 'Kettle', price: 12.5, description: 'Two\r\nlines, "quoted"' },
      faults: [],
    },
    { line: 5, product: { sku: 'C-1', name: 'Cup', price: 3, description: '' }, faults: [] },
  ]);
});

test('every fault is told by its line, and the others are read', async () => {
  expect(
    await told(
      [
        'name,sku,description,price',
        ',A-1,"over\ntwo lines",-1',
        'Cup,C-1,ok,3',
        'Cup,C-1,again,3',
        'Cup,C-2,ok',
        'Cup,C-3,"a"b,3',
        'Cup,C-4,ok,cheap',
        'Cup,C-5,ok,3',
      ].join('\n'),
    ),
  ).toEqual([
    '2: Name is missing; 2: Price may not be negative',
    'C-1',
    '5: SKU C-1 is also that of line 4',
    '6: There are 3 fields, and the header has 4',
    'C-3',
    '8: Price must be a number',
    'C-5',
  ]);
});

test.each([';', '\t', '|'])('columns are told apart by %j', async (delimiter) => {
  const line = (fields: string[]) => fields.join(delimiter);
  const text = [
    ['name', 'sku', 'description', 'price'],
    ['A, b', 'S', 'd', '1'],
  ].map(line);
  expect(await told(text.join('\n'))).toEqual(['S']);
});

test('a quote that is never closed is told', async () => {
  expect(await told('name,sku,description,price\nCup,C-1,"open,3\n')).toEqual([
    '2: A quote is opened and never closed',
  ]);
});

test('a file in another encoding is refused, and so is an empty one', async () => {
  const latin = new TextEncoder().encode('name,sku,description,price\nCaf#,C,d,1\n');
  latin[latin.indexOf('#'.charCodeAt(0))] = 0xe9;
  await expect(rowsOf(latin)).rejects.toThrow('not UTF-8');
  await expect(rowsOf('')).rejects.toThrow('empty');
});

test('10,000 rows become parts of a thousand, without the faulty ones', async () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, n) => `Product ${n},S-${n},"d ${n}",${n % 100 === 7 ? 'x' : n}`,
  );
  const file = new File([['name,sku,description,price', ...lines].join('\n')], 'a.csv');
  const head = await readHead(file);
  const parts = await collect(partsOf(readRows(file, head, mappingOf(head.header))));
  expect(parts.map((part) => part.length)).toEqual([...Array<number>(9).fill(1_000), 900]);
  expect(parts[9]?.at(-1)).toMatchObject({ line: 10_001, product: { sku: 'S-9999' } });
});
