import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { PlatformOutputs } from '../../packages/platform-outputs/src/index.ts';
import type { Operations } from '../src/platform.ts';

export const account = '123456789012';
export const root = join(import.meta.dirname, '..');

/** A resource as the program asks for it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  provider: string;
}

export interface RegisteredPlatform {
  resources: Registered[];
  platform: PlatformOutputs;
  operations: Operations;
}

/**
 * What the program asks for with a stack's configuration file, and `changes` over it.
 *
 * @throws Error with what the program says when it fails.
 */
export function register(
  stack: 'dev' | 'prod',
  changes: Record<string, unknown> = {},
  secrets: Record<string, string> = {},
): RegisteredPlatform {
  const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) as {
    config: { 'aviary:platform': Record<string, unknown> };
  };
  const platform = JSON.stringify({ ...config['aviary:platform'], ...changes });
  const output = execFileSync(process.execPath, ['test/run-program.ts'], {
    cwd: root,
    encoding: 'utf8',
    input: JSON.stringify({ stack, config: { 'aviary:platform': platform, ...secrets } }),
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(output) as RegisteredPlatform;
}
