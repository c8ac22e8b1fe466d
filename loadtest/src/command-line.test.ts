import { expect, test } from 'vitest';
import { help, readCommandLine } from './command-line.ts';
import { profiles } from './profiles.ts';

test('everything has a default, and the name says what was done', () => {
  expect(readCommandLine([])).toEqual({
    ...{ profile: 'smoke', target: 'dev', k6: 'here', name: 'smoke-dev', notes: [] },
    ...{ page: undefined, rows: undefined, out: undefined },
  });
  const given = ['--profile=million', '--page=https://a.example/', '--rows=5', '--note=Slow.'];
  expect(readCommandLine(given)).toMatchObject({
    ...{ profile: 'million', page: 'https://a.example', rows: 5, notes: ['Slow.'] },
    name: 'million-dev',
  });
});

test.each([
  ['--profile=huge', 'PROFILE is "huge", and must be one of smoke, burst, edits, million.'],
  ['--target=moon', 'TARGET is "moon"'],
  ['--k6=job', 'K6=job needs TARGET=kubernetes'],
  ['--rows=-1', 'ROWS is "-1"'],
  ['--rows=1e9.5', 'ROWS is "1e9.5"'],
  ['--name=../evil', 'NAME is "../evil"'],
  ['--page=localhost', 'PAGE is "localhost"'],
])('%s is refused: %s', (argument, message) => {
  expect(() => readCommandLine([argument])).toThrow(message);
});

test('help tells of every profile', () => {
  expect(readCommandLine(['--help'])).toBe('help');
  for (const { description } of Object.values(profiles)) expect(help).toContain(description);
});
