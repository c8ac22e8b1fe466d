import pg from 'pg';
import { indexChange, triggerFor, type Change } from './table.ts';

/** A worker as tutorials on LISTEN and NOTIFY have it: each notification embeds its row, one after another. */

const database = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const listener = new pg.Client({ connectionString: process.env.DATABASE_URL });
await listener.connect();
await listener.query(
  triggerFor(
    `perform pg_notify('product_changed', json_build_object('id', changed_id::text)::text)`,
  ),
);

let last = Promise.resolve();
listener.on('notification', ({ payload = '{}' }) => {
  last = last
    .then(() => indexChange(database, JSON.parse(payload) as Change))
    .catch((error: unknown) => console.error(error));
});
await listener.query('listen product_changed');
console.log('ready');
process.once('SIGTERM', () => process.exit(0));
