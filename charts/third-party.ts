import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const chart = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  repository: z.url({ protocol: /^https$/ }),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, { error: 'must be exact, such as 2.21.0' }),
  namespace: z.string().min(1),
  environments: z.array(z.enum(['kind', 'prod'])).min(1),
});

/** A chart of others, from versions.yaml. Its values are in values/NAME.yaml. */
export type ThirdPartyChart = z.infer<typeof chart>;

/** @throws ZodError that lists every fault of versions.yaml. */
export function thirdPartyCharts(): ThirdPartyChart[] {
  return z.strictObject({ charts: z.array(chart) }).parse(readYaml('versions.yaml')).charts;
}

export function readValues({ name }: ThirdPartyChart): unknown {
  return readYaml(`values/${name}.yaml`);
}

function readYaml(path: string): unknown {
  return parse(readFileSync(join(import.meta.dirname, path), 'utf8'));
}
