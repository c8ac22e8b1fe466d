import type { TestProject } from 'vitest/node';
import { startPostgres } from '@aviary/local/postgres';
import { startSqs } from '@aviary/local/sqs';
import { makeRunDirectory, postgresIn, removeRunDirectory } from './run-directory.ts';
import './servers.ts';

/** One Postgres and one SQS stand-in for a whole run of tests; each test has a database or queue of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await makeRunDirectory();
  const [postgres, sqs] = await Promise.all([
    startPostgres({
      dataDir: postgresIn(directory),
      durable: false,
      settings: { max_connections: '200' },
    }),
    startSqs({}),
  ]);
  project.provide('postgresUrl', postgres.url);
  project.provide('sqsUrl', sqs.url);
  return async () => {
    await Promise.all([postgres.close(), sqs.close()]);
    await removeRunDirectory(directory);
  };
}
