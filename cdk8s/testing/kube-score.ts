import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const version = 'v1.20.0';
const directory = join(import.meta.dirname, '../../node_modules/.cache/kube-score', version);
const program = join(directory, 'kube-score');
const run = promisify(execFile);

/**
 * Builds kube-score where it is not yet there, which takes a minute and Go; from then on it needs no network.
 *
 * @returns whether it is there: a machine without Go has none.
 */
export async function installKubeScore(): Promise<boolean> {
  if (existsSync(program)) return true;
  try {
    await run('go', ['install', `github.com/zegl/kube-score/cmd/kube-score@${version}`], {
      env: { ...process.env, GOBIN: directory, GOFLAGS: '-mod=mod' },
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new Error(`kube-score ${version} could not be built: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const reportSchema = z.array(
  z.looseObject({
    type_meta: z.looseObject({ kind: z.string() }),
    object_meta: z.looseObject({ name: z.string() }),
    checks: z.array(
      z.looseObject({
        check: z.looseObject({ id: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
      }),
    ),
  }),
);

/** Grades below this are warnings and worse. */
const fine = 7;

/** What it finds, as `check Kind/name`, each once, in order. */
export async function kubeScore(files: readonly string[]): Promise<string[]> {
  const { stdout } = await run(program, ['score', '--output-format', 'json', ...files], {
    maxBuffer: 1 << 26,
  }).catch((error: unknown) => {
    // It exits with 1 where it finds something.
    const { code, stdout: text } = error as { code?: unknown; stdout?: string };
    if (code === 1 && text !== undefined && text !== '') return { stdout: text };
    throw error;
  });
  const found = reportSchema
    .parse(JSON.parse(stdout))
    .flatMap(({ type_meta: { kind }, object_meta: { name }, checks }) =>
      checks
        .filter(({ grade, skipped }) => !skipped && grade < fine)
        .map(({ check }) => `${check.id} ${kind}/${name}`),
    );
  return [...new Set(found)].sort();
}
