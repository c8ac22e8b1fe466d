import { expect, test } from 'vitest';
import { majorVersion } from './java.ts';

test.each([
  ['openjdk version "25.0.3" 2026-04-21 LTS', 25],
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['java version "1.8.0_292"', 8],
  ['The command java is not there', undefined],
])('%s', (text, major) => {
  expect(majorVersion(text)).toBe(major);
});
