import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { createProgress } from '../dev/progress.ts';
import { help, readCommandLine, type Order } from './command-line.ts';
import { generateProducts } from './generate-products.ts';
import { csvLine, linesOf, productColumns } from './lines.ts';
import { createProductsTable, loadProducts, type LoadOptions } from './sample-tables.ts';

/** Generates products as a file, a stream or rows of a table: `--help` says how. */

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
}

try {
  const order = readCommandLine(process.argv.slice(2), process.env);
  if (order === 'help') process.stdout.write(help);
  else await carryOut(order);
} catch (error) {
  // Who reads no further, as `head`, has what he wanted.
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') {
    const { message } = (stopping.signal.aborted ? stopping.signal.reason : error) as Error;
    process.stderr.write(`products: ${message}\n`);
    process.exitCode = 1;
  }
}

async function carryOut({ to, ...sample }: Order): Promise<void> {
  const startedAt = performance.now();
  const progress = createProgress('Products', sample.count, 'rows');
  const options = {
    ...sample,
    onProgress: (rows: number) => progress.update(rows),
    signal: stopping.signal,
  };
  try {
    if (to === 'stdout') await pipeline(csv(options), process.stdout, { signal: options.signal });
    else if ('file' in to) await writeFile(to.file, options);
    else await fillTable(to.databaseUrl, options);
  } finally {
    progress.stop();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const rate = Math.round(sample.count / seconds);
  process.stderr.write(`${sample.count} rows in ${seconds.toFixed(1)} s, ${rate} rows/s\n`);
}

function csv(options: LoadOptions): Readable {
  const lines = linesOf(generateProducts(options), csvLine, options.onProgress);
  return Readable.from(
    (function* () {
      yield `${productColumns.join(',')}\n`;
      yield* lines;
    })(),
  );
}

async function writeFile(file: string, options: LoadOptions): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(csv(options), createWriteStream(part), { signal: options.signal });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function fillTable(databaseUrl: string, options: LoadOptions): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await createProductsTable(client);
  } finally {
    await client.end();
  }
  await loadProducts(databaseUrl, options);
}
