import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '@aviary/runtime';
import { z } from 'zod';
import { readEnvironment } from './environment/read-environment.ts';
import { choosePlatform } from './platform/choose-platform.ts';
import { synthesise } from './synthesise.ts';

/** `make synth`: writes an environment's manifests. Paths are the caller's. */

try {
  const config = loadConfig(
    z.object({
      /** Name of a file in environments/. */
      ENV: z.string(),
      /** What infra/ has built, as "make outputs" wrote it. */
      OUTPUTS: z.string().optional(),
      /** Comma-separated YAML files whose values are laid over the environment's. */
      OVERRIDES: z
        .string()
        .default('')
        .transform((paths) => paths.split(',').filter((path) => path !== '')),
      /** Where to write; dist/ENV when absent. */
      OUT: z.string().optional(),
    }),
    process.env,
  );
  const environment = readEnvironment(config.ENV, config.OVERRIDES);
  const manifests = synthesise({
    environment,
    platform: choosePlatform(environment, config.OUTPUTS),
  });
  const directory = resolve(config.OUT ?? join(import.meta.dirname, '../../dist', config.ENV));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const [name, yaml] of manifests) {
    writeFileSync(join(directory, `${name}.yaml`), yaml);
    process.stdout.write(`${join(directory, `${name}.yaml`)}\n`);
  }
} catch (error) {
  process.stderr.write(`synth: ${(error as Error).message}\n`);
  process.exit(1);
}
