import { PermanentError } from '@aviary/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_FLOAT_BYTES, writeFloats } from './float-json.ts';

function roundTrip(values: ArrayLike<number>): { back: number[]; bytes: number } {
  const buffer = Buffer.alloc(values.length * MAX_FLOAT_BYTES);
  const bytes = writeFloats(values, buffer, 0);
  const back = JSON.parse(`[${buffer.toString('latin1', 0, bytes)}]`) as number[];
  return { back: back.map(Math.fround), bytes };
}

const any = fc.float({ noNaN: true, noDefaultInfinity: true });
/** As in unit vectors, over all the ranges the writer tells apart. */
const small = fc
  .tuple(fc.float({ min: -1, max: 1, noNaN: true }), fc.integer({ min: 0, max: 40 }))
  .map(([value, exponent]) => Math.fround(value * 2 ** -exponent));

test.each([
  ['any finite float', any],
  ['small floats', small],
])('%s comes back as the same float', (_, arbitrary) => {
  fc.assert(
    fc.property(fc.array(arbitrary), (values) => {
      // -0 is written as 0.
      expect(roundTrip(values).back).toEqual(values.map((value) => value + 0));
    }),
    { numRuns: 1000 },
  );
});

test('the floats beside every power of two come back', () => {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const values: number[] = [];
  for (let exponent = -40; exponent <= 2; exponent++) {
    float[0] = 2 ** exponent;
    const power = bits[0] ?? 0;
    for (let offset = -50; offset <= 50; offset++) {
      bits[0] = power + offset;
      values.push(float[0]);
    }
  }
  expect(roundTrip(values).back).toEqual(values);
});

test('doubles are written as the nearest 32-bit float', () => {
  expect(roundTrip([0.1, 1 / 3]).back).toEqual([Math.fround(0.1), Math.fround(1 / 3)]);
});

test('a unit vector takes fewer than 14 bytes a value', () => {
  const values = Array.from({ length: 384 }, (_, i) => Math.sin(i) / 14);
  expect(roundTrip(values).bytes).toBeLessThan(384 * 14);
});

test.each([NaN, Infinity, -Infinity, 1e39])('%s is refused for good', (value) => {
  expect(() => roundTrip([0.5, value])).toThrow(PermanentError);
});
