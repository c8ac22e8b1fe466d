import { expect, test } from 'vitest';
import { z } from 'zod';
import { integer, loadConfig, serviceConfig } from './config.ts';

const schema = z.object({
  ...serviceConfig,
  DATABASE_URL: z.string().regex(/^postgres:/, { error: 'must begin with postgres://' }),
  QUEUE_URL: z.url({ error: 'must be a URL' }),
  API_KEY: z.string().min(20, { error: 'must have 20 characters' }),
  LANES: integer({ min: 1, max: 32 }).default(3),
});
const valid = {
  DATABASE_URL: 'postgres://u:hush@db/x',
  QUEUE_URL: 'http://queue',
  API_KEY: 'k'.repeat(20),
};

const faultOf = (environment: Record<string, string>) => {
  try {
    loadConfig(schema, environment);
    return '';
  } catch (error) {
    return String(error);
  }
};

test('what is absent or empty takes its default, and all is frozen', () => {
  const config = loadConfig(schema, { ...valid, LANES: '', ADMIN_PORT: '0' });
  expect(config).toMatchObject({ LANES: 3, ADMIN_PORT: 0, LOG_LEVEL: 'info' });
  expect(Object.isFrozen(config)).toBe(true);
});

test('every fault is told at once, by its variable', () => {
  expect(faultOf({ QUEUE_URL: 'nowhere', LANES: '2.5', ADMIN_PORT: '70000', LOG_LEVEL: 'loud' }))
    .toMatchInlineSnapshot(`
      "ConfigError: The configuration has 6 fault(s):
        ADMIN_PORT: must be at most 65535 (it is "70000")
        LOG_LEVEL: Invalid option: expected one of "trace"|"debug"|"info"|"warn"|"error"|"silent" (it is "loud")
        DATABASE_URL: is not set; set this environment variable
        QUEUE_URL: must be a URL (it is "nowhere")
        API_KEY: is not set; set this environment variable
        LANES: must be a whole number from 1 to 32 (it is "2.5")"
    `);
});

test('no secret is shown', () => {
  const fault = faultOf({ ...valid, DATABASE_URL: 'mysql://u:hush@db/x', API_KEY: 'hush' });
  expect(fault).toContain('DATABASE_URL: must begin with postgres:// (it is set, and not shown)');
  expect(fault).toContain('API_KEY: must have 20 characters (it is set, and not shown)');
  expect(fault).not.toContain('hush');
  expect(faultOf({ ...valid, QUEUE_URL: '//me:hush@queue' })).toContain(
    'QUEUE_URL: must be a URL (it is "//…@queue")',
  );
});

test.each(['', ' ', 'x', '1e3x', '0', '33', '-1', 'NaN', 'Infinity'])('LANES=%j', (LANES) => {
  expect(faultOf({ ...valid, LANES }) === '').toBe(LANES === '');
});
