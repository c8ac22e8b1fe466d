import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@aviary/local/postgres';
import type { Pool } from '@aviary/postgres';
import { testDatabase, type TestDatabase } from '@aviary/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { poolTo, specOf, write } from '../../testing/captured.ts';
import { install, lookUpInstallation, mayInstall, type Persist } from './installation.ts';
import { inspectSources } from '../tables/source-table.ts';

let database: TestDatabase;
let owner: Pool;
let user: string;
const pools: Pool[] = [];
const once: Persist = (call) => call();
const spec = specOf({ table: 'thing', metadata: ['price'] });

beforeEach(async () => {
  database = await testDatabase();
  user = new URL(database.url).pathname.slice(1);
  await database.sql(`create role ${user}_owner login password 'x'`);
  await database.sql(
    `create role ${user}_pelican login password 'x'; grant create on database ${user} to ${user}_owner`,
  );
  await database.sql(`create schema shop authorization ${user}_owner`);
  owner = poolOf('owner');
  await owner.query(
    'create table shop.thing (id int primary key, name text, price int, secret text)',
  );
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
  for (const role of [`${user}_owner`, `${user}_pelican`]) {
    await database.sql(`drop owned by ${role} cascade; drop role ${role}`);
  }
  await database.drop();
});

/** A pool as one of the roles. */
function poolOf(role: 'owner' | 'pelican'): Pool {
  const url = new URL(database.url);
  url.username = `${user}_${role}`;
  url.password = 'x';
  const pool = poolTo(url.href, 1);
  pools.push(pool);
  return pool;
}

const shop = { ...spec, source: { ...spec.source, schema: 'shop' } };
const installAs = async (pool: Pool, index = shop) =>
  install(pool, await inspectSources(pool, [index]), once);
const missingFor = async (pool: Pool, index = shop) =>
  (await lookUpInstallation(pool, await inspectSources(pool, [index]))).missing;

test('on a new cluster: an owner who may make no roles is told; else they are made once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'aviary-roles-'));
  const postgres = await startPostgres({ dataDir: join(directory, 'postgres'), durable: false });
  const poolAs = (login: string, name: string) => {
    const url = new URL(postgres.url);
    if (login !== '') [url.username, url.password] = [login, 'x'];
    url.pathname = `/${name}`;
    return poolTo(url.href, 1);
  };
  const root = poolAs('', 'postgres');
  await root.query(`create role keeper login password 'x'`);
  const names = ['one', 'two', 'three', 'four'];
  for (const name of names) await root.query(`create database ${name} owner keeper`);

  const keepers = poolAs('keeper', 'one');
  const { undone } = await install(keepers, [], once);
  expect(undone).toEqual(
    ['aviary_pelican', 'aviary_frontend'].map(
      (role) =>
        `there is no role ${role} and keeper may not create it: have one who may run "create role ${role} nologin", then run "aviary install" again`,
    ),
  );

  await root.query('alter role keeper createrole');
  const pools = names.map((name) => poolAs('keeper', name));
  const installed = await Promise.all(pools.map((pool) => install(pool, [], once)));
  expect(installed.flatMap(({ undone: left }) => left)).toEqual([]);
  const { rows } = await root.query(
    `select rolname, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname like 'aviary\\_%' order by 1`,
  );
  const powerless = {
    rolcanlogin: false,
    rolsuper: false,
    rolcreaterole: false,
    rolcreatedb: false,
  };
  expect(rows).toEqual([
    { rolname: 'aviary_frontend', ...powerless },
    { rolname: 'aviary_pelican', ...powerless },
  ]);
  for (const pool of pools) {
    const { rowCount } = await pool.query(
      `select from pg_namespace where nspname = 'aviary' and has_schema_privilege('aviary_pelican', oid, 'usage')`,
    );
    expect(rowCount).toBe(1);
  }
  await Promise.all([root, keepers, ...pools].map((pool) => pool.end()));
  await postgres.close();
  rmSync(directory, { recursive: true });
});

test('what is missing is named to a user who may not install, until it is there', async () => {
  const pelican = poolOf('pelican');
  expect(await missingFor(pelican)).toEqual(['there is no schema aviary']);
  expect(await mayInstall(pelican, await inspectSources(pelican, [shop]))).toBe(false);
  expect(await mayInstall(owner, await inspectSources(owner, [shop]))).toBe(true);

  await makeRoles();
  await installAs(owner);
  expect(await missingFor(pelican)).toEqual([
    `user ${user}_pelican may not use schema aviary: grant aviary_pelican to that user`,
  ]);
  await database.sql(`grant aviary_pelican to ${user}_pelican`);
  expect(await missingFor(pelican)).toEqual([]);
  await expect(pelican.query('select secret from shop.thing')).rejects.toThrow(/permission denied/);

  const wider = { ...shop, source: { ...shop.source, text: '{{name}} {{secret}}' } };
  expect(await missingFor(pelican, wider)).toEqual([
    'SemanticIndex "things": it was installed from another spec, or by another release',
    `SemanticIndex "things": user ${user}_pelican may not read what it names: grant aviary_pelican to that user, or: grant select ("secret") on "shop"."thing" to "${user}_pelican"`,
  ]);
  const { sources } = await installAs(owner, wider);
  expect(sources).toEqual([
    {
      index: 'things',
      table: '"shop"."thing"',
      did: ['capture_installed', 'backfill_requested', 'rights_granted'],
    },
  ]);
  expect(await missingFor(pelican, wider)).toEqual([]);

  await owner.query('drop trigger aviary_1_update on shop.thing');
  expect(await missingFor(pelican, wider)).toEqual([
    'SemanticIndex "things": triggers are missing on "shop"."thing"',
  ]);
  await owner.query('delete from aviary.migration');
  expect((await missingFor(pelican, wider))[0]).toBe('migration 0001-outbox.sql is not applied');
});

test('again, nothing is done; a changed embedding asks for a backfill', async () => {
  await makeRoles();
  await installAs(owner);
  const again = await installAs(owner);
  expect({ ...again, captured: [] }).toEqual({
    captured: [],
    migrations: [],
    sources: [{ index: 'things', table: '"shop"."thing"', did: [] }],
    undone: [],
  });
  const smaller = { ...shop, embedding: { ...shop.embedding, dimensions: 256 } };
  expect((await installAs(owner, smaller)).sources[0]?.did).toEqual(['backfill_requested']);
});

test('a superuser takes no schema that another one made', async () => {
  await owner.query('create schema aviary');
  const root = poolTo(database.url, 1);
  await expect(installAs(root)).rejects.toThrow(
    /Schema aviary belongs to \w+_owner: connect as that user/,
  );
  await root.end();
  await installAs(owner);
});

test('a table whose rows are hidden from the user is refused', async () => {
  await makeRoles();
  await installAs(owner);
  const pelican = poolOf('pelican');
  await database.sql(`grant aviary_pelican to ${user}_pelican`);
  await owner.query('alter table shop.thing enable row level security');
  await expect(missingFor(pelican)).rejects.toThrow(
    /row security hides rows of shop\.thing from user \w+_pelican, .* bypassrls/,
  );
  await expect(pelican.query('select name from shop.thing')).rejects.toThrow(/row-level security/);
  expect(await missingFor(owner)).toEqual([]);
});

test('triggers of a table’s owner that bear such names stay', async () => {
  await write(
    owner,
    `create function shop.mine() returns trigger language plpgsql as 'begin return null; end';
     create trigger aviary_1_mine after insert on shop.thing execute function shop.mine()`,
  );
  await installAs(owner);
  expect(await missingFor(owner)).toEqual([]);
  await owner.query(`select aviary.remove_capture('things')`);
  const left = await database.sql(
    `select tgname from pg_trigger where tgrelid = 'shop.thing'::regclass and not tgisinternal`,
  );
  expect(left).toEqual([{ tgname: 'aviary_1_mine' }]);
});

test('what others put before Postgres’ own functions and operators is not called', async () => {
  const trap = `language plpgsql as $$ begin raise exception 'hijacked'; end $$`;
  await database.sql(`
    create function public.hashtext(text) returns integer ${trap};
    create function public.starts_with(name, text) returns boolean ${trap};
    create function public.both(integer, integer) returns integer ${trap};
    create operator public.& (leftarg = integer, rightarg = integer, function = public.both);
    alter database ${user} set search_path = public, pg_catalog`);
  await installAs(owner);
  await owner.query(`set search_path = public, pg_catalog;
    insert into shop.thing values (0, 'one');
    insert into shop.thing select g, 'many' from generate_series(1, 20) g;
    update shop.thing set name = 'new'; delete from shop.thing where id > 10; truncate shop.thing;
    select aviary.remove_capture('things')`);
  expect((await owner.query('select from aviary.outbox')).rowCount).toBeGreaterThan(0);
});

/** As one does who may, where the owner may not. */
async function makeRoles(): Promise<void> {
  await using other = await testDatabase();
  const pool = poolTo(other.url, 1);
  await install(pool, [], once);
  await pool.end();
}
