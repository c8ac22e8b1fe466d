import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

test('everything has a default, and a variable left empty is as good as absent', () => {
  const defaults = { ROWS: 10_000, PORT: 8080, PELICANS: 1, EMUS: 2, EMBEDDER: 'minilm' };
  expect(readSettings({})).toEqual(defaults);
  expect(readSettings({ ROWS: '', PORT: '', OPENAI_API_KEY: '', PATH: '/bin' })).toEqual(defaults);
  expect(readSettings({ ROWS: '5', PORT: '8081', PINECONE_API_KEY: 'key' })).toEqual({
    ...defaults,
    ROWS: 5,
    PORT: 8081,
    PINECONE_API_KEY: 'key',
  });
});

test('all faults are named at once', () => {
  const read = () => readSettings({ ROWS: '1.5', PORT: '0', EMUS: 'many' });
  expect(read).toThrow(/3 fault/);
  for (const name of ['ROWS', 'PORT', 'EMUS']) expect(read).toThrow(name);
});
