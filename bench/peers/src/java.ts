import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The oldest that Debezium Server 3 runs on. */
const oldest = 21;
const installed = '/usr/lib/jvm';

/** @throws Error that says what is needed where no Java is new enough. */
export async function findJava(): Promise<string> {
  const { JAVA_HOME } = process.env;
  const homes = [...(JAVA_HOME === undefined ? [] : [JAVA_HOME]), ...installedHomes()];
  const found: number[] = [];
  for (const java of ['java', ...homes.map((home) => join(home, 'bin/java'))]) {
    const major = await versionOf(java);
    if (major === undefined) continue;
    if (major >= oldest) return java;
    found.push(major);
  }
  const there = found.length === 0 ? 'there is none' : `there is ${found.join(', ')}`;
  throw new Error(
    `Debezium Server needs Java ${oldest} or later; ${there}. Install one, or set JAVA_HOME to it; --only leaves Debezium out.`,
  );
}

function installedHomes(): string[] {
  try {
    return readdirSync(installed).map((name) => join(installed, name));
  } catch {
    return [];
  }
}

async function versionOf(java: string): Promise<number | undefined> {
  try {
    const { stderr } = await promisify(execFile)(java, ['-version']);
    return majorVersion(stderr);
  } catch {
    return undefined;
  }
}

/** Of what `java -version` says: 8 for "1.8.0_292", 25 for "25.0.3". */
export function majorVersion(text: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (first === undefined) return undefined;
  return Number(first === '1' ? second : first);
}
