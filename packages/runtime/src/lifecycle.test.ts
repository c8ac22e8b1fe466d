import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Runs parts in a process of their own. `body` gives `parts` and may use `part(name, {start, stop})`, and `clock`, by which
 * time stands still but for its ticks.
 */
function run(body: string, graceMs = 5_000) {
  const program = `
    import { mock } from 'node:test';
    import { runParts } from ${JSON.stringify(join(import.meta.dirname, 'lifecycle.ts'))};
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'logger.ts'))};
    // As an open server does.
    setInterval(() => undefined, 60_000);
    const clock = {
      stop: () => mock.timers.enable({ apis: ['setTimeout', 'AbortSignal.timeout'] }),
      tick: (ms) => mock.timers.tick(ms),
    };
    const never = () => new Promise((resolve) => setTimeout(resolve, 60_000));
    const part = (name, { start, stop } = {}) => ({
      name,
      start: async () => { console.log('start ' + name); await start?.(); },
      stop: async (deadline) => { console.log('stop ' + name); await stop?.(deadline); },
    });
    ${body}
    await runParts(parts, { logger: createLogger({ service: 'x', level: 'error' }), graceMs: ${graceMs} });`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program]);
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const said = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => output.includes(text) && resolve();
      child.stdout.on('data', look);
      look();
    });
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, said, exit };
}

test('parts start in order and stop in reverse', async () => {
  const { child, said, exit } = run(`const parts = [part('a'), part('b')];`);
  await said('start b');
  child.kill('SIGTERM');
  const { code, output } = await exit;
  expect(code).toBe(0);
  expect(output).toBe('start a\nstart b\nstop b\nstop a\n');
});

test('a part that is slow to stop is told of the deadline', async () => {
  const { child, said, exit } = run(
    `const parts = [part('a', { stop: (deadline) => new Promise((resolve) => {
       deadline.addEventListener('abort', () => { console.log('abandoned'); resolve(); });
     }) })];`,
    100,
  );
  await said('start a');
  child.kill('SIGINT');
  const { code, output } = await exit;
  expect(code).toBe(0);
  expect(output).toContain('abandoned');
});

test('the deadline leaves time to hand back what it cut off', async () => {
  const { child, said, exit } = run(
    `clock.stop();
     const parts = [part('a', { stop: (deadline) => new Promise((resolve) => {
       deadline.addEventListener('abort', () => setTimeout(resolve, 499));
       clock.tick(1_500);
       clock.tick(499);
     }) })];`,
    2_000,
  );
  await said('start a');
  child.kill('SIGTERM');
  expect((await exit).code).toBe(0);
});

test('a part that hangs beyond the deadline does not keep the process', async () => {
  const { child, said, exit } = run(`const parts = [part('a', { stop: never })];`, 100);
  await said('start a');
  child.kill('SIGTERM');
  const { code, output } = await exit;
  expect(code).toBe(1);
  expect(output).toContain('stop_timed_out');
});

test('a second signal exits at once', async () => {
  const { child, said, exit } = run(`const parts = [part('a', { stop: never })];`, 60_000);
  await said('start a');
  child.kill('SIGTERM');
  await said('stop a');
  child.kill('SIGTERM');
  expect((await exit).code).toBe(130);
});

test('a failing start stops what had started, and fails the process', async () => {
  const { exit } = run(`const parts = [part('a'), part('b', {
    start: () => Promise.reject(new Error('no such table')) }), part('c')];`);
  const { code, output } = await exit;
  expect(code).toBe(1);
  expect(output).toContain('no such table');
  // The logger writes past the console, so its lines come anywhere among the parts' own.
  expect(output.replaceAll(/^\{.*\n/gmu, '')).toBe('start a\nstart b\nstop b\nstop a\n');
});

test('a signal during the start ends it', async () => {
  const { child, said, exit } = run(`const parts = [part('a', { start: never }), part('b')];`);
  await said('start a');
  child.kill('SIGTERM');
  const { code, output } = await exit;
  expect(code).toBe(0);
  expect(output).toBe('start a\nstop a\n');
});
