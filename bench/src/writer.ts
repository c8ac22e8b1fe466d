import pg from 'pg';
import type { Statement, WriterLoad } from './writer-load.ts';

/** A process that writes single rows as fast as it can, in pgbench's place. Prints transactions per second. */

const { url, statement, clients, seconds, rows } = JSON.parse(
  process.argv[2] ?? '{}',
) as Parameters<WriterLoad>[0];

const random = (most: number) => 1 + Math.floor(Math.random() * most);
let deleted = 0;

const statements: Record<Statement, { text: string; values: () => unknown[] }> = {
  update: {
    text: 'update products_with_increment set description = $2 where id = $1',
    values: () => [random(rows), `Changed for the ${random(1e9)}th time`],
  },
  insert: {
    text: 'insert into products_with_increment (name, sku, description, price) values ($1, $2, $3, $4)',
    values: () => [
      'A new kettle',
      `SKU-${random(1e9)}`,
      'A sturdy kettle for long evenings outdoors',
      12.5,
    ],
  },
  delete: {
    text: 'delete from products_with_increment where id = $1',
    values: () => [(deleted += 1)],
  },
};

process.once('SIGTERM', () => process.exit(143));
const connections = Array.from({ length: clients }, () => new pg.Client({ connectionString: url }));
await Promise.all(connections.map((connection) => connection.connect()));
const { text, values } = statements[statement];
const startedAt = performance.now();
const end = startedAt + seconds * 1_000;
let transactions = 0;
await Promise.all(
  connections.map(async (connection) => {
    while (performance.now() < end) {
      await connection.query({ name: statement, text, values: values() });
      transactions += 1;
    }
  }),
);
console.log(String((transactions / (performance.now() - startedAt)) * 1_000));
process.exit(0);
