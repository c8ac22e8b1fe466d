import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillTemplate, parseTemplate } from './template.ts';

describe('parseTemplate', () => {
  test('tells literals from columns, and names each column once', () => {
    expect(parseTemplate('{{name}}: {{ long name }}, {{name}}!')).toEqual({
      columns: ['name', 'long name'],
      parts: [{ column: 'name' }, ': ', { column: 'long name' }, ', ', { column: 'name' }, '!'],
    });
  });

  test.each([
    ['plain text', /names no column/],
    ['', /names no column/],
    ['{{}}', /empty placeholder/],
    ['{{  }}', /empty placeholder/],
    ['{{name', /unmatched/],
    ['{{name}} }}', /unmatched/],
    ['{{a{{b}}', /unmatched/],
  ])('refuses %j', (template, fault) => {
    expect(() => parseTemplate(template)).toThrow(fault);
  });

  test('takes any column name without braces', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((text) => text.replace(/[{}]/g, '').trim())
      .filter((text) => text !== '');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (names) => {
        const template = parseTemplate(names.map((column) => `{{${column}}}`).join('-'));
        expect(template.columns).toEqual([...new Set(names)]);
        const filled = fillTemplate(template, () => 'x');
        expect(filled).toBe(names.map(() => 'x').join('-'));
      }),
    );
  });
});

describe('fillTemplate', () => {
  const template = parseTemplate('{{name}} costs {{price}}');
  const fill = (values: Record<string, string | null>) =>
    fillTemplate(template, (column) => values[column] ?? null);

  test('reads null as nothing', () => {
    expect(fill({ name: 'Tea', price: null })).toBe('Tea costs');
  });

  test('is empty when every column is blank, whatever the literals', () => {
    expect(fill({ name: ' \n', price: null })).toBe('');
  });

  test('does not take a value for a placeholder or a pattern', () => {
    expect(fill({ name: '{{price}} $& $1', price: '2' })).toBe('{{price}} $& $1 costs 2');
  });
});
