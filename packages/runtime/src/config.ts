import { z } from 'zod';
import { keepSecrets, looksSecret } from './secrets.ts';

/** One or more environment variables are missing or wrong; the message lists every fault at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads a service's configuration from the environment: validated by one zod schema whose keys are the
 * variables' names, frozen, an empty variable counted as absent. From then on the process keeps its secrets.
 *
 * @throws ConfigError that names every faulty variable, its value (never of a secret) and the remedy.
 */
export function loadConfig<S extends z.ZodType>(
  schema: S,
  environment: Record<string, string | undefined>,
): Readonly<z.infer<S>> {
  keepSecrets(environment);
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return Object.freeze(result.data);
  const faults = result.error.issues.map((issue) => {
    const name = issue.path.join('.');
    const value = given[name];
    if (value === undefined) return `  ${name || 'configuration'}: ${absence(issue)}`;
    return `  ${name}: ${issue.message} (it is ${looksSecret(name) ? 'set, and not shown' : withoutPassword(value)})`;
  });
  throw new ConfigError(`The configuration has ${faults.length} fault(s):\n${faults.join('\n')}`);
}

/** An address may hold a password, whatever its variable is called. */
function withoutPassword(value: string): string {
  return JSON.stringify(value.replace(/(\/\/)[^/]*@/g, '$1…@'));
}

function absence(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type'
    ? 'is not set; set this environment variable'
    : issue.message;
}

/** A whole number in a range, from a variable's text. */
export function integer(range: { min: number; max: number }) {
  return z.coerce
    .number({ error: `must be a whole number from ${range.min} to ${range.max}` })
    .int({ error: `must be a whole number from ${range.min} to ${range.max}` })
    .min(range.min, { error: `must be at least ${range.min}` })
    .max(range.max, { error: `must be at most ${range.max}` });
}

/** Yes or no, from a variable's text. */
export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true');

/** The variables every service has. */
export const serviceConfig = {
  /** Port of /livez, /readyz, /metrics and /status. 0 takes a free one. */
  ADMIN_PORT: integer({ min: 0, max: 65_535 }).default(9090),
  /** Address the admin port listens on. */
  ADMIN_HOST: z.string().default('0.0.0.0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** How long a stop may take before work is abandoned, in milliseconds; below the pod's grace period. */
  SHUTDOWN_GRACE_MS: integer({ min: 100, max: 600_000 }).default(25_000),
};
