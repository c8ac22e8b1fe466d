import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAviary, testDatabase } from '@aviary/testing';
import { createPool, query } from '../../packages/postgres/src/index.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { psqlScript, usersSql } from './database.ts';

test('makes users with whom an installation works, once or again, as no superuser', async () => {
  await using database = await testDatabase();
  const address = new URL(database.url);
  const name = address.pathname.slice(1);
  // Users are the whole server's: these are this test's own, and so is its role rds_iam.
  const mine = (sql: string) => sql.replaceAll('rds_iam', `${name}_iam`);
  const users = {
    owner: `${name}_owner`,
    pelican: `${name}_pelican`,
    frontend: `${name}_frontend`,
  };
  const as = (user: string) => {
    const url = new URL(address);
    url.username = user;
    url.password = 'secret-of-the-test';
    return url.href;
  };
  const run = async (user: string, sql: string) => {
    const pool = createPool({ connectionString: as(user), max: 1, applicationName: 'test' });
    await query(pool, 'running', sql).finally(() => pool.end());
  };
  const login = (user: string) =>
    database.sql(`alter role ${user} with password 'secret-of-the-test'`);
  try {
    await database.sql(mine('create role rds_iam nologin'));
    await database.sql(`create role ${name}_master login createrole`);
    await database.sql(mine(`grant rds_iam to ${name}_master with admin true, inherit false`));
    await database.sql(`alter database ${name} owner to ${name}_master`);
    await login(`${name}_master`);
    // Roles of an installation are the whole server's, too, and may be there from another test.
    for (const role of ['aviary_pelican', 'aviary_frontend']) {
      await database.sql(
        `do $$ begin create role ${role} nologin; exception when duplicate_object then null; end $$`,
      );
      await database.sql(`grant ${role} to ${name}_master with admin true, inherit false`);
    }
    const sql = mine(
      usersSql({
        host: address.hostname,
        port: Number(address.port),
        name,
        readerHosts: [],
        users,
      }),
    );
    await run(`${name}_master`, sql);
    await run(`${name}_master`, sql);
    await login(users.owner);
    await run(
      users.owner,
      'create table public.products_with_increment (id bigint primary key, name text, description text, sku text, price numeric, last_updated timestamptz)',
    );
    const installed = await runAviary(['install', '--json'], {
      DATABASE_URL: as(users.owner),
      SPECS: 'examples/products.yaml',
    });
    expect(installed.code).toBe(0);
    expect(JSON.parse(installed.stdout)).toMatchObject({ undone: [] });
    const [rights] = await database.sql<{ pelican: boolean; frontend: boolean }>(
      `select has_table_privilege('${users.pelican}', 'aviary.outbox', 'select') as pelican,
              has_schema_privilege('${users.frontend}', 'public', 'usage') as frontend`,
    );
    expect(rights).toEqual({ pelican: true, frontend: true });
  } finally {
    for (const role of [...Object.values(users), `${name}_master`]) {
      await database.sql(`drop owned by ${role} cascade`).catch(() => undefined);
    }
  }
});

describe('psql in its pod', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'aviary-psql-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test.each([
    ['the password', 'the-password'],
    ['the token, where passwords are refused', 'the-token'],
  ])('logs in by %s', (_, accepted) => {
    const psql = join(directory, 'psql');
    // Only one of the two lets it in; what it is asked then is written down.
    writeFileSync(
      psql,
      `#!/bin/sh\n[ "$PGPASSWORD" = ${accepted} ] || exit 2\ncase "$*" in *--file*) cat > ${directory}/asked ;; esac\n`,
    );
    chmodSync(psql, 0o755);
    execFileSync('sh', ['-c', psqlScript], {
      input: 'the-password\nthe-token\nselect 1;\nselect 2;\n',
      env: {
        PATH: `${directory}:/usr/bin:/bin`,
        AUTHORITIES: '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----',
        PGSSLROOTCERT: join(directory, 'authorities.pem'),
      },
    });
    expect(readFileSync(join(directory, 'asked'), 'utf8')).toBe('select 1;\nselect 2;\n');
    expect(readFileSync(join(directory, 'authorities.pem'), 'utf8')).toMatch(/BEGIN[^]*MII[^]*END/);
  });
});
