/** A number from 0 to below 1 for `position`, the same whenever it is asked; `purpose` gives several. */
export function seededValue(seed: number, position: number, purpose: number): number {
  return seededBits(seed, position, purpose) / 2 ** 32;
}

/** A version 4 UUID for `position`. */
export function seededUuid(seed: number, position: number): string {
  let hex = '';
  for (let word = 0; word < 4; word += 1) {
    hex += seededBits(seed, position, 1_000 + word)
      .toString(16)
      .padStart(8, '0');
  }
  const variant = '89ab'.charAt(parseInt(hex.charAt(16), 16) & 3);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** 32 bits mixed by multiplications and shifts, enough for sample data and nothing secret. */
function seededBits(seed: number, position: number, purpose: number): number {
  let bits = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(position + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16) ^ Math.imul(purpose + 1, 0xc2b2ae35), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}
