import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { loadSemanticIndexes } from '@aviary/semantic-index';
import { parse } from 'yaml';
import { environmentSchema, type Environment } from './schema.ts';

const directory = join(import.meta.dirname, '../../environments');

/**
 * Reads environments/NAME.yaml, with other files' values laid over it one after another: mappings are merged, and
 * anything else is replaced. Its specs are resolved and validated.
 *
 * @throws Error that names the file and lists every fault; SpecError for a faulty spec.
 */
export function readEnvironment(name: string, overrides: readonly string[] = []): Environment {
  const file = join(directory, `${name}.yaml`);
  const layers = [file, ...overrides].map((path) => withSpecsResolved(readYaml(path), path));
  const result = environmentSchema.safeParse(layers.reduce(merge));
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) => `  ${path.join('.') || '(file)'}: ${message}`,
    );
    throw new Error(`${[file, ...overrides].join(' with ')} is faulty:\n${faults.join('\n')}`);
  }
  const { specs, ...environment } = result.data;
  return { ...environment, indexes: loadSemanticIndexes(specs) };
}

function readYaml(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** A file names specs from its own place. */
function withSpecsResolved(values: unknown, file: string): unknown {
  if (!isMapping(values) || !Array.isArray(values.specs)) return values;
  const specs = values.specs.map((path) => resolve(dirname(file), String(path)));
  return { ...values, specs };
}

/** The second laid over the first. */
export function merge(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above === undefined ? below : above;
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = merge(below[key], value);
  return merged;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
