import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alerts } from './alerts/aviary.ts';
import { anchorOf } from './alerts/rule.ts';
import { generatedFiles } from './generated.ts';

const root = join(import.meta.dirname, '..');

describe('what is generated', () => {
  it.each(Object.entries(generatedFiles()))(
    '%s is up to date: else `make monitoring`',
    (path, content) => {
      expect(readFileSync(join(import.meta.dirname, path), 'utf8')).toBe(content);
    },
  );

  it.each(alerts)('$name has its section in docs/troubleshooting.md', ({ name }) => {
    const headings = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8').matchAll(
      /^#+ (.*)$/gm,
    );
    const anchors = [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors).toContain(anchorOf(name));
  });
});
