import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadProducts } from '@aviary/local/products';
import { z } from 'zod';
import { readAudit } from './audit.ts';
import { runChild } from './child.ts';
import { cpuSecondsOf, directoryMb, familyOf, residentMbOf } from './process-usage.ts';
import type { Target } from './target.ts';

const root = join(import.meta.dirname, '../..');
const data = join(root, '.aviary');

const recordSchema = z.object({
  supervisor: z.int(),
  processes: z.array(z.object({ pid: z.int(), script: z.string() })),
});

/**
 * What `make dev` runs in this checkout.
 *
 * @throws Error with the remedy when it does not run.
 */
export async function devTarget(page: string): Promise<Target> {
  const environment = readEnvironment();
  const processes = readProcesses();
  const postgres = Number(read('postgres/postmaster.pid').split('\n')[0]);
  await requirePage(page);
  const usageOf = (pids: number[]) => ({
    cpuSeconds: sum(pids.map(cpuSecondsOf)),
    mb: sum(pids.map(residentMbOf)),
  });
  return {
    kind: 'dev',
    namespace: null,
    page,
    notes: ['Everything runs on one machine, the load test as well.', ...standIns(environment)],
    load: ({ onProgress, signal, ...sample }) =>
      loadProducts(environment.DATABASE_URL ?? '', { ...sample, onProgress, signal }),
    emus: () => null,
    usage: async () => ({
      processes: new Map([
        ...[...processes].map(([name, pid]) => [name, usageOf([pid])] as const),
        ['postgres', usageOf(familyOf(postgres))],
      ]),
      diskMb: await directoryMb(data),
    }),
    // Its supervisor ends everything with the first process that ends, and starts none anew.
    restarts: () =>
      Promise.resolve([...processes.values()].filter((pid) => residentMbOf(pid) === 0).length),
    audit: async (signal) => {
      const audit = ['services/pelican/src/cli/main.ts', 'audit', 'products', '--json'];
      const { stdout, stderr } = await runChild(
        process.execPath,
        audit.map((argument, position) => (position === 0 ? join(root, argument) : argument)),
        { environment: { ...process.env, ...environment }, signal },
      );
      if (stdout === '') throw new Error(`The audit failed: ${stderr.trim()}`);
      return readAudit(stdout);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function readEnvironment(): NodeJS.Dict<string> {
  const text = read('environment');
  if (text === '') {
    throw new Error(
      'make dev does not run in this checkout: start it, for a big load as make dev EMBEDDER=stub.',
    );
  }
  return parseEnv(text);
}

/** Their ids by name, such as emu-2. */
function readProcesses(): Map<string, number> {
  const { processes } = recordSchema.parse(JSON.parse(read('processes.json')));
  const named = new Map<string, number>();
  for (const { pid, script } of processes) {
    // services/emu/src/main.ts is an emu, services/frontend/server/main.ts a frontend, local/src/sqs/main.ts an sqs.
    const directory = dirname(script);
    const name = basename(/src$|server$/.test(directory) ? dirname(directory) : directory);
    const isOneOfMany = name === 'emu' || name === 'pelican';
    const number = [...named.keys()].filter((other) => other.startsWith(name)).length + 1;
    named.set(isOneOfMany ? `${name}-${number}` : name, pid);
  }
  return named;
}

async function requirePage(page: string): Promise<void> {
  const answer = await fetch(`${page}/api/status`).catch(() => undefined);
  if (!answer?.ok) {
    throw new Error(
      `${page} does not answer: give the port of make dev, as in PAGE=http://127.0.0.1:8081.`,
    );
  }
}

function standIns({ PINECONE_CONTROLLER_URL, OPENAI_BASE_URL }: NodeJS.Dict<string>): string[] {
  return [
    'A local server stands in for SQS, in memory.',
    ...(PINECONE_CONTROLLER_URL === undefined
      ? []
      : [
          'A local server stands in for Pinecone; it compares a query with every vector, in one thread.',
        ]),
    ...(OPENAI_BASE_URL === undefined ? [] : ['A local server stands in for the embeddings.']),
  ];
}

function read(file: string): string {
  try {
    return readFileSync(join(data, file), 'utf8');
  } catch {
    return '';
  }
}

const sum = (figures: readonly number[]) => figures.reduce((total, figure) => total + figure, 0);
