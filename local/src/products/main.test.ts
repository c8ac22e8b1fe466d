import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testDatabase } from '@aviary/testing';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProductsTable, generateProducts } from './index.ts';

const main = join(import.meta.dirname, 'main.ts');
const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  promisify(execFile)(process.execPath, [main, ...args], { env: { ...process.env, ...env } });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'products-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

const columns = 'name, sku, description, price::float8, last_updated as "lastUpdated", uuid';

test('its CSV, loaded by Postgres, is the products that were generated', async () => {
  const { stdout, stderr } = await run(['--rows', '2500', '--from', '7', '--seed', '3']);
  expect(stderr).toMatch(/2500 rows in [\d.]+ s, \d+ rows\/s\n$/);
  await using database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await createProductsTable(client);
  const into = client.query(
    copyFrom(
      `copy products_with_increment (${stdout.slice(0, stdout.indexOf('\n'))}) from stdin csv header`,
    ),
  );
  into.end(stdout);
  await once(into, 'finish');
  await client.end();
  const rows = await database.sql(`select ${columns} from products_with_increment order by id`);
  expect(rows).toEqual([...generateProducts({ count: 2_500, from: 7, seed: 3 })]);
});

test('a file is there when it is whole', async () => {
  const file = join(directory, 'products.csv');
  await run(['--rows', '1001', '--file', file]);
  expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(1 + 1_001 + 1);
  expect(await readdir(directory)).toEqual(['products.csv']);
});

test('a table is made and filled by COPY', async () => {
  await using database = await testDatabase();
  await run(['--rows', '1500', '--copy'], { DATABASE_URL: database.url });
  await run(['--rows', '10', '--from', '1500', '--copy'], { DATABASE_URL: database.url });
  const rows = await database.sql(`select ${columns} from products_with_increment order by id`);
  expect(rows).toEqual([...generateProducts({ count: 1_510, seed: 1 })]);
});

test('stopped in the midst of a COPY, it leaves no row behind', async () => {
  await using database = await testDatabase();
  const copying = spawn(process.execPath, [main, '--rows', '100000000', '--copy'], {
    env: { ...process.env, DATABASE_URL: database.url },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  let isStopped = false;
  copying.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.push(text);
    // Rows are on their way.
    if (isStopped || !/[1-9]\d*\/100000000 rows/.test(said.join(''))) return;
    isStopped = copying.kill('SIGTERM');
  });
  const [code] = (await once(copying, 'close')) as [number];
  expect(code).toBe(1);
  expect(said.join('')).toContain('products: stopped by SIGTERM');
  const rows = await database.sql('select count(*)::integer as count from products_with_increment');
  expect(rows).toEqual([{ count: 0 }]);
});

test('whoever reads no further ends it, without an error', async () => {
  const generating = spawn(process.execPath, [main, '--rows', '100000000'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  generating.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  await once(generating.stdout, 'data');
  generating.stdout.destroy();
  const [code] = (await once(generating, 'close')) as [number];
  expect(code).toBe(0);
  expect(said.join('')).not.toContain('products:');
});

test('a fault in the command line is one line, and status 1', async () => {
  await expect(run(['--rows', 'x'])).rejects.toMatchObject({
    code: 1,
    stderr: 'products: --rows takes a whole number from 0 to 1000000000; it is "x".\n',
  });
});
