/** A place in Postgres' write-ahead log, in bytes: of two, the larger is the later. */
export type WalPosition = bigint;

const written = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i;

/** Of Postgres' own way of writing it, `16/B374D848`; undefined when the text is none. */
export function parseWalPosition(text: string | null | undefined): WalPosition | undefined {
  const [, high, low] = written.exec(text ?? '') ?? [];
  if (high === undefined || low === undefined) return undefined;
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function formatWalPosition(position: WalPosition): string {
  const part = (bits: bigint) => bits.toString(16).toUpperCase();
  return `${part(position >> 32n)}/${part(position & 0xffff_ffffn)}`;
}
