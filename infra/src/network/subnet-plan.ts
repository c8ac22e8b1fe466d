/** Addresses of one zone. */
export interface ZonePlan {
  /** Load balancers and NAT. */
  public: string;
  /** Workers: the largest, since each pod takes an address. */
  private: string;
  /** Databases: no way to the internet. */
  isolated: string;
}

/**
 * Divides a VPC's range among zones: a power of two of equal parts, of each the upper half to workers, and an eighth
 * each to the public and the isolated subnet. Each zone has room to spare, and a zone added within the same
 * power of two moves none of the others.
 *
 * @throws Error when the range is no range, or too small to give each subnet the 16 addresses that AWS demands.
 */
export function planSubnets(vpcCidr: string, zones: number): ZonePlan[] {
  const range = parseCidr(vpcCidr);
  // 4 zones at least: from 2 zones to 3 or 4 nothing moves.
  const zoneBits = Math.max(2, Math.ceil(Math.log2(zones)));
  const zonePrefix = range.prefix + zoneBits;
  if (zonePrefix + 3 > 28) {
    throw new Error(
      `The range ${vpcCidr} is too small for ${zones} zones: take at least a /${28 - 3 - zoneBits}.`,
    );
  }
  const size = (prefix: number) => 2 ** (32 - prefix);
  return Array.from({ length: zones }, (_, zone) => {
    const start = range.first + zone * size(zonePrefix);
    return {
      public: formatCidr(start, zonePrefix + 3),
      isolated: formatCidr(start + size(zonePrefix + 3), zonePrefix + 3),
      private: formatCidr(start + size(zonePrefix + 1), zonePrefix + 1),
    };
  });
}

export interface Range {
  first: number;
  last: number;
  prefix: number;
}

/** @throws Error for what is no network address with its prefix. */
export function parseCidr(text: string): Range {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const [a = 256, b = 256, c = 256, d = 256, prefix = 33] = (match ?? []).slice(1).map(Number);
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - prefix);
  if (Math.max(a, b, c, d) > 255 || prefix > 32 || first % size !== 0) {
    throw new Error(`"${text}" is no range of IPv4 addresses: write it as 10.20.0.0/16.`);
  }
  return { first, last: first + size - 1, prefix };
}

function formatCidr(first: number, prefix: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join('.')}/${prefix}`;
}
