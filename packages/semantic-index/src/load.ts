import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { toSemanticIndex, type SemanticIndex } from './schema.ts';

/** A spec file is missing, unreadable or wrong; the message names the file and every fault. */
export class SpecError extends Error {
  override readonly name = 'SpecError';
}

/**
 * Reads SemanticIndex documents from YAML files; a directory stands for its .yaml and .yml files, and a
 * file may hold several documents.
 *
 * @param options.mayBeEmpty no document at all is none, and no fault
 * @throws SpecError that lists every fault of every file, and names and namespaces used twice.
 */
export function loadSemanticIndexes(
  paths: readonly string[],
  { mayBeEmpty = false } = {},
): SemanticIndex[] {
  const faults: string[] = [];
  const found = new Map<string, { index: SemanticIndex; file: string }>();
  /** A namespace is one table's: what has no row there is taken out. */
  const places = new Map<string, string>();
  for (const file of paths.flatMap((path) => filesAt(path, faults))) {
    const text = tryTo(() => readFileSync(file, 'utf8'), file, faults) ?? '';
    for (const [position, document] of parseAllDocuments(text).entries()) {
      const where = position === 0 ? file : `${file} (document ${position + 1})`;
      if (document.errors.length > 0) {
        faults.push(...document.errors.map((error) => `${where}: ${error.message}`));
        continue;
      }
      const content: unknown = document.toJS();
      if (content === null) continue;
      try {
        const index = toSemanticIndex(content);
        const place = `${index.target.index}/${index.target.namespace}`;
        const namesake = found.get(index.name);
        const neighbour = places.get(place);
        if (namesake)
          faults.push(`${where}: the name "${index.name}" is also used by ${namesake.file}`);
        else if (neighbour)
          faults.push(`${where}: spec.target: namespace ${place} is also used by ${neighbour}`);
        else found.set(index.name, { index, file: where });
        places.set(place, where);
      } catch (error) {
        if (!(error instanceof z.ZodError)) throw error;
        for (const issue of error.issues) {
          faults.push(`${where}: ${issue.path.join('.') || 'document'}: ${issue.message}`);
        }
      }
    }
  }
  if (faults.length === 0 && found.size === 0 && !mayBeEmpty) {
    faults.push(`no SemanticIndex in ${paths.join(', ')}; examples/products.yaml shows one`);
  }
  if (faults.length > 0)
    throw new SpecError(`The specs have ${faults.length} fault(s):\n  ${faults.join('\n  ')}`);
  return [...found.values()].map(({ index }) => index);
}

function filesAt(path: string, faults: string[]): string[] {
  const stat = tryTo(() => statSync(path, { throwIfNoEntry: false }) ?? 'absent', path, faults);
  if (stat === undefined) return [];
  if (stat === 'absent') {
    faults.push(`${path}: there is no such file or directory`);
    return [];
  }
  if (!stat.isDirectory()) return [path];
  return (tryTo(() => readdirSync(path), path, faults) ?? [])
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** @returns undefined where it cannot be read, which is a fault like others. */
function tryTo<T>(read: () => T, path: string, faults: string[]): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    faults.push(
      `${path}: it cannot be read (${code}): make it a file or directory that this process may read`,
    );
    return undefined;
  }
}
