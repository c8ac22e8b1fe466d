/** A number from 0 to below 1 for `position`, the same whenever it is asked; `purpose` gives several. */
export function seededValue(seed: number, position: number, purpose: number): number {
  return seededBits(seed, position, purpose) / 2 ** 32;
}

/** Each 16 bits in hexadecimal: looked up, a UUID takes a tenth of the time. */
const hex = Array.from({ length: 2 ** 16 }, (_, bits) => bits.toString(16).padStart(4, '0'));

/** A version 4 UUID for `position`. */
export function seededUuid(seed: number, position: number): string {
  const first = seededBits(seed, position, 1_000);
  const second = seededBits(seed, position, 1_001);
  const third = seededBits(seed, position, 1_002);
  const fourth = seededBits(seed, position, 1_003);
  const version = 0x4000 | (second & 0x0fff);
  const variant = 0x8000 | ((third >>> 16) & 0x3fff);
  return `${high(first)}${low(first)}-${high(second)}-${hex[version]}-${hex[variant]}-${low(third)}${high(fourth)}${low(fourth)}`;
}

const high = (bits: number) => hex[bits >>> 16];
const low = (bits: number) => hex[bits & 0xffff];

/** 32 bits mixed by multiplications and shifts, enough for sample data and nothing secret. */
function seededBits(seed: number, position: number, purpose: number): number {
  let bits = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(position + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16) ^ Math.imul(purpose + 1, 0xc2b2ae35), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}
