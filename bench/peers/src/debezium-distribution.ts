import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

/** Debezium Server as its makers distribute it, from Maven Central. */
const version = '3.6.0.Final';
const sha256 = '901ce7b0b75b4dafaac4aa57dac6dfcad5937f96fb7159e25d22759bbf5192e4';
const coordinates = `io.debezium:debezium-server-dist:${version}:tar.gz`;
const archive = `io/debezium/debezium-server-dist/${version}/debezium-server-dist-${version}.tar.gz`;
/** Connectors and sinks that are never loaded here, and large. */
const unused = ['connectors', 'lib_opt', 'lib_metrics'];

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'aviary-peers');
const run = promisify(execFile);

/**
 * The class path of Debezium Server; downloads it before, once: 780 MB, of which 420 stay.
 *
 * @throws Error naming the remedy where Maven is missing or fails, or the archive is not the one that was pinned.
 */
export async function debeziumClassPath(say: (text: string) => void): Promise<string> {
  const home = join(cache, `debezium-server-${version}`);
  if (!existsSync(home)) await install(home, say);
  return [join(home, `debezium-server-dist-${version}-runner.jar`), join(home, 'lib/*')].join(':');
}

async function install(home: string, say: (text: string) => void): Promise<void> {
  const repository = join(cache, 'maven');
  const unpacked = `${home}.unpacked`;
  mkdirSync(repository, { recursive: true });
  try {
    say(`downloading Debezium Server ${version} into ${cache} (780 MB, once)`);
    await download(repository);
    const file = join(repository, archive);
    const found = await sha256Of(file);
    if (found !== sha256)
      throw new Error(`${file} has the SHA-256 ${found}; ${sha256} was expected. Try again.`);
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked);
    const excluded = unused.map((folder) => `--exclude=debezium-server/${folder}`);
    await run('tar', ['xzf', file, '-C', unpacked, '--strip-components=1', ...excluded]);
    renameSync(unpacked, home);
  } finally {
    rmSync(repository, { recursive: true, force: true });
    rmSync(unpacked, { recursive: true, force: true });
  }
}

async function download(repository: string): Promise<void> {
  try {
    // This version of the plugin reads no descriptor of an archive, whose parents are not all published.
    await run(
      'mvn',
      [
        '--batch-mode',
        'org.apache.maven.plugins:maven-dependency-plugin:2.8:get',
        `-Dartifact=${coordinates}`,
        '-Dtransitive=false',
        `-Dmaven.repo.local=${repository}`,
      ],
      { cwd: repository, maxBuffer: 2 ** 28 },
    );
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(
      isMissing
        ? 'Debezium Server is downloaded by Maven, and there is no mvn on the PATH. Install Maven; --only leaves Debezium out.'
        : `Maven could not download ${coordinates}: ${endOf(error as { stdout?: string })}`,
      { cause: error },
    );
  }
}

const endOf = ({ stdout = '' }: { stdout?: string }) =>
  stdout.split('\n').find((line) => line.startsWith('[ERROR]')) ?? 'it said nothing';

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
