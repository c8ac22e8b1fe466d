import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCidr, planSubnets, type ZonePlan } from './subnet-plan.ts';

/** A network address with a prefix that has room. */
const vpc = fc
  .record({ prefix: fc.integer({ min: 16, max: 22 }), address: fc.nat(0xffffffff) })
  .map(({ prefix, address }) => {
    const first = address - (address % 2 ** (32 - prefix));
    const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
    return `${bytes.join('.')}/${prefix}`;
  });
const zones = fc.integer({ min: 1, max: 6 });
const rangesOf = (plan: readonly ZonePlan[]) =>
  plan.flatMap((zone) => Object.values(zone) as string[]);

test('no two subnets overlap, each is within the VPC, and none is smaller than AWS allows', () => {
  fc.assert(
    fc.property(vpc, zones, (cidr, count) => {
      const whole = parseCidr(cidr);
      const ranges = rangesOf(planSubnets(cidr, count))
        .map(parseCidr)
        .sort((one, other) => one.first - other.first);
      expect(ranges).toHaveLength(count * 3);
      ranges.forEach(({ first, last, prefix }, position) => {
        expect(first).toBeGreaterThan(position === 0 ? -1 : (ranges[position - 1]?.last ?? 0));
        expect(first).toBeGreaterThanOrEqual(whole.first);
        expect(last).toBeLessThanOrEqual(whole.last);
        expect(prefix).toBeLessThanOrEqual(28);
      });
    }),
  );
});

test('workers have the most room, and zones are alike', () => {
  fc.assert(
    fc.property(vpc, zones, (cidr, count) => {
      const size = (range: string) => parseCidr(range).last - parseCidr(range).first + 1;
      const sizes = planSubnets(cidr, count).map((zone) => [
        size(zone.private),
        size(zone.public),
        size(zone.isolated),
      ]);
      for (const [workers = 0, outside = 0, data = 0] of sizes) {
        expect(workers).toBe(4 * outside);
        expect(outside).toBe(data);
      }
      expect(new Set(sizes.map(String)).size).toBe(1);
    }),
  );
});

test('up to four zones, one more moves none of the others: subnets that are there cannot move', () => {
  fc.assert(
    fc.property(vpc, fc.integer({ min: 1, max: 3 }), (cidr, count) => {
      expect(planSubnets(cidr, count + 1).slice(0, count)).toEqual(planSubnets(cidr, count));
    }),
  );
});

test('a /16 in three zones', () => {
  expect(planSubnets('10.30.0.0/16', 3)[1]).toEqual({
    public: '10.30.64.0/21',
    isolated: '10.30.72.0/21',
    private: '10.30.96.0/19',
  });
});

test.each(['10.0.0.0/24', '10.0.0.1/16', '10.0.0.0', '10.0.0.256/24', '10.0.0.0/33', ''])(
  'a range that is none, or too small, is refused: %j',
  (cidr) => {
    expect(() => planSubnets(cidr, 3)).toThrow(/too small for 3 zones|is no range/);
  },
);
