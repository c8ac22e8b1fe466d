import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Processes } from './processes.ts';
import type { Workbench } from './workbench.ts';

export type Statement = 'update' | 'insert' | 'delete';

/** Runs one statement over and over from several connections. @returns transactions per second. */
export type WriterLoad = (options: {
  url: string;
  statement: Statement;
  clients: number;
  seconds: number;
  /** Rows of the table, with ids from 1. */
  rows: number;
}) => Promise<number>;

/** Deletes walk over the ids, each client over its own, so that each finds a row. */
const scripts: Record<Statement, string> = {
  update: String.raw`\set id random(1, :rows)
\set number random(1, 1000000000)
update products_with_increment set description = 'Changed for the ' || :number || 'th time' where id = :id;`,
  insert: String.raw`\set number random(1, 1000000000)
insert into products_with_increment (name, sku, description, price) values ('A new kettle', 'SKU-' || :number, 'A sturdy kettle for long evenings outdoors', 12.5);`,
  delete: String.raw`\set n :n + :clients
\set id :n + :client_id
delete from products_with_increment where id = :id;`,
};

/** pgbench where it is on the PATH, since it costs less CPU; else a Node process. */
export function chooseWriterLoad(workbench: Workbench): { name: string; run: WriterLoad } {
  const hasPgbench = (process.env.PATH ?? '')
    .split(delimiter)
    .some((directory) => existsSync(join(directory, 'pgbench')));
  return hasPgbench
    ? { name: 'pgbench', run: pgbench(workbench) }
    : { name: 'a Node process', run: nodeProcess(workbench) };
}

function pgbench({ logs, signal }: Workbench): WriterLoad {
  return async ({ url, statement, clients, seconds, rows }) => {
    const { hostname, port, username, password, pathname } = new URL(url);
    const file = join(logs, `${statement}.sql`);
    writeFileSync(file, scripts[statement]);
    const { stdout } = await promisify(execFile)(
      'pgbench',
      [
        ['--host', hostname, '--port', port, '--username', username],
        ['--no-vacuum', '--protocol=prepared', '--file', file],
        [`--client=${clients}`, `--time=${seconds}`],
        ['-D', `rows=${rows}`, '-D', `clients=${clients}`, '-D', `n=${1 - clients}`],
        pathname.slice(1),
      ].flat(),
      { env: { PATH: process.env.PATH, PGPASSWORD: password }, signal },
    );
    const tps = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
    if (tps === undefined) throw new Error(`pgbench printed no tps:\n${stdout}`);
    return Number(tps);
  };
}

function nodeProcess({ logs, signal }: Workbench): WriterLoad {
  return async (options) => {
    const processes = new Processes({ logs, signal });
    try {
      const load = processes.start({
        name: 'writer',
        script: 'bench/src/writer.ts',
        arguments: [JSON.stringify(options)],
      });
      return Number(await load.line());
    } finally {
      await processes.stop();
    }
  };
}
