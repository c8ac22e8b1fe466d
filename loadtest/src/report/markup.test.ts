import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Markup, markup } from './markup.ts';

test('a value is text, whatever characters it has', () => {
  expect(String(markup`<p title="${`"'`}">${'<script>&'}</p>`)).toBe(
    '<p title="&#34;&#39;">&#60;script&#62;&#38;</p>',
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(String(markup`${text}`)).not.toMatch(/[<>"']|&(?!#\d+;)/);
    }),
  );
});

test('markup, lists, numbers and nothing', () => {
  const item = (text: string) => markup`<li>${text}</li>`;
  expect(String(markup`<ul>${['a', 'b<'].map(item)}</ul>${null}${1.5}`)).toBe(
    '<ul><li>a</li><li>b&#60;</li></ul>1.5',
  );
  expect(String(markup`${new Markup('<br>')}`)).toBe('<br>');
});
