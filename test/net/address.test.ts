import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMetadata, isPublic, parseAddress } from "../../src/net/address.ts";

const octet = fc.nat(255);
const anyIPv4 = fc.tuple(octet, octet, octet, octet);
const privateIPv4 = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
  fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
);

type Octets = [number, number, number, number];
const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
/** Every way in which IPv6 carries an IPv4 address. */
const wrapped = ([a, b, c, d]: Octets) => ({
  dotted: `::ffff:${a}.${b}.${c}.${d}`,
  mapped: `::ffff:${hex(a, b)}:${hex(c, d)}`,
  nat64: `64:ff9b::${hex(a, b)}:${hex(c, d)}`,
  sixToFour: `2002:${hex(a, b)}:${hex(c, d)}::1`,
  teredoServer: `2001:0:${hex(a, b)}:${hex(c, d)}::fefe:fefe`,
  teredoClient: `2001:0:101:101::${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`,
});

const judge = (text: string): boolean => {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return isPublic(address);
};

describe("isPublic", () => {
  it("is no for a private IPv4 address, plain or wrapped", () => {
    fc.assert(
      fc.property(privateIPv4, (octets) => {
        for (const text of [octets.join("."), ...Object.values(wrapped(octets))])
          expect([text, judge(text)]).toEqual([text, false]);
      }),
    );
  });

  it("is the same for an IPv4 address and each of its wrappings", () => {
    fc.assert(
      fc.property(anyIPv4, (octets) => {
        const plain = judge(octets.join("."));
        for (const text of Object.values(wrapped(octets))) expect([text, judge(text)]).toEqual([text, plain]);
      }),
    );
  });

  it("is no for all of IPv6 outside 2000::/3 that wraps nothing", () => {
    const group = fc.nat(0xffff).map((part) => part.toString(16));
    const first = fc.nat(0xffff).filter((part) => part >> 13 !== 1 && part !== 0 && part !== 0x64);
    fc.assert(
      fc.property(first, fc.array(group, { minLength: 7, maxLength: 7 }), (head, rest) => {
        expect(judge([head.toString(16), ...rest].join(":"))).toBe(false);
      }),
    );
  });
});

describe("isMetadata", () => {
  it("finds the address in each wrapping", () => {
    for (const text of ["169.254.169.254", ...Object.values(wrapped([169, 254, 169, 254]))]) {
      const address = parseAddress(text);
      expect([text, address !== null && isMetadata(address)]).toEqual([text, true]);
    }
  });
});

describe("parseAddress", () => {
  it.each(["", "localhost", "1.2.3", "0x7f.0.0.1", "017700000001", "1.2.3.4.5", "[1.2.3.4", ":::"])(
    "knows that %j is none",
    (text) => expect(parseAddress(text)).toBeNull(),
  );
});
