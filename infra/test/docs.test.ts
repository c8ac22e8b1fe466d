import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alarmRules } from '../src/alarms/alarm-rules.ts';
import { root as infra } from './register.ts';

const root = join(infra, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const matches = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, found = '']) => found))].sort();

describe.each(['docs/operations.md', 'docs/troubleshooting.md'])('%s', (path) => {
  const text = read(path);

  test('names targets of make that there are', () => {
    const targets = matches(read('Makefile'), /^([a-z-]+(?: [a-z-]+)*):/gm).flatMap((line) =>
      line.split(' '),
    );
    const named = matches(text, /[`\n]\s*(?:[A-Z_]+=\S* )*make ((?:[a-z-]+ ?)+)/g).flatMap((line) =>
      line.trim().split(' '),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(targets).toEqual(expect.arrayContaining(named));
  });

  test('names commands of aviary that there are', () => {
    const commands = matches(read('services/pelican/src/cli/run.ts'), /(\w+)Command\(/g);
    for (const named of matches(text, /`(?:kubectl exec \S+ -n aviary -- )?aviary ([a-z-]+)/g)) {
      const name = named.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      expect(commands).toContain(name);
    }
  });

  test('links to what is there', () => {
    for (const link of matches(text, /\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(link)) continue;
      expect(() => read(join('docs', link).replace(/\/$/, ''))).not.toThrow(/ENOENT/);
    }
  });
});

test('every alarm has its section', () => {
  const anchors = matches(read('docs/troubleshooting.md'), /^## (.*)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const rules = alarmRules({
    queues: { live: 'l', dead: 'd', refresh: 'r' },
    database: { identifier: 'x', readers: ['x-reader-0'], storageGiB: 20, maxConnections: 100 },
  });
  const wanted = rules.map(({ name }) => `aws-${name.replace(/-\d+$/, '')}`);
  expect(anchors).toEqual(expect.arrayContaining(wanted));
});
