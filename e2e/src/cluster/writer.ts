import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '@aviary/testing';
import pg from 'pg';

/** Writes to the products table, one statement after another, until it is stopped. */
export interface Writer {
  /** Waits until more rows than these are inserted; throws what a write failed with. */
  untilInserted: (rows: number) => Promise<void>;
  /** Throws what a write failed with. */
  stop: () => Promise<void>;
}

/** Between two writes, in milliseconds: about 60 a second. */
const paceMs = 15;

/** Of five writes, three insert, one changes a text, and one deletes: always rows of its own. */
export async function startWriter(databaseUrl: string, label: string): Promise<Writer> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  let inserted = 0;
  const stopping = new AbortController();
  const mine = `sku like '${label}-%'`;
  const write = async (turn: number) => {
    if (turn % 5 === 3) {
      await client.query(
        `update products_with_increment set description = description || ' again'
         where id = (select id from products_with_increment where ${mine} order by random() limit 1)`,
      );
    } else if (turn % 5 === 4) {
      await client.query(
        `delete from products_with_increment
         where id = (select id from products_with_increment where ${mine} order by id limit 1)`,
      );
    } else {
      await client.query(
        'insert into products_with_increment (name, sku, description, price) values ($1, $2, $3, 1)',
        [`Written ${label} ${turn}`, `${label}-${turn}`, `Row ${turn} written while pods go`],
      );
      inserted += 1;
    }
  };
  const running = (async () => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      await write(turn);
      await delay(paceMs);
    }
  })();
  running.catch(() => undefined);
  return {
    untilInserted: (rows) =>
      Promise.race([
        running,
        waitUntil(() => inserted > rows, { what: `over ${rows} rows are inserted` }),
      ]),
    stop: async () => {
      stopping.abort();
      try {
        await running;
      } finally {
        await client.end();
      }
    },
  };
}
