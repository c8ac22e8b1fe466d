import { parseArgs } from 'node:util';

export const help = `Usage: node local/src/products/main.ts [options]

Generates products of the sample shop: name, SKU, description, price, last update and uuid, the same for the same seed.
They go to standard output as CSV, or where an option says. Progress goes to standard error.

  --rows 1000000   how many
  --from 0         position of the first: whoever has 10000 goes on at 10000, since a position stands for one SKU
  --seed 1         another seed, other products
  --file FILE      write the CSV there; it has its name only when it is whole
  --copy           put them into products_with_increment of DATABASE_URL by one COPY: all, or none when it fails;
                   the table is made where there is none
  --help           this
`;

/** The last position whose arithmetic is exact, with room. */
const mostRows = 1_000_000_000;

export interface Order {
  count: number;
  from: number;
  seed: number;
  to: 'stdout' | { file: string } | { databaseUrl: string };
}

/** What the arguments ask for. @throws Error that names the argument or variable at fault and what it takes. */
export function readCommandLine(args: string[], environment: NodeJS.ProcessEnv): Order | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '1000000' },
      from: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      file: { type: 'string' },
      copy: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    count: whole('rows', values.rows),
    from: whole('from', values.from),
    seed: whole('seed', values.seed),
    to: destination(values, environment.DATABASE_URL ?? ''),
  };
}

function destination(
  { copy, file }: { copy: boolean; file?: string | undefined },
  databaseUrl: string,
): Order['to'] {
  if (copy && file !== undefined) {
    throw new Error('--copy and --file exclude each other: choose one.');
  }
  if (copy && databaseUrl === '') {
    throw new Error('--copy needs DATABASE_URL, of the database whose table is to be filled.');
  }
  if (file === '') throw new Error('--file takes a name; it is empty.');
  if (copy) return { databaseUrl };
  return file === undefined ? 'stdout' : { file };
}

function whole(name: string, text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= mostRows) return Number(text);
  throw new Error(`--${name} takes a whole number from 0 to ${mostRows}; it is "${text}".`);
}
