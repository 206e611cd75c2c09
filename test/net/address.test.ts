import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, isMetadata, isPublic, parseAddress } from "../../src/net/address.ts";

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

const parse = (text: string): Address => {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return address;
};
const judge = (text: string): boolean => isPublic(parse(text));

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

describe("isMetadata over IPv6", () => {
  it.each([
    "fd00:ec2::254",
    "fd20:ce::254",
    "fd00:42::42",
    "fd00:a9fe:a9fe::1",
    "fd00:c1::a9fe:a9fe",
    "fe80::a9fe:a9fe",
    "::a9fe:a9fe",
    "::ffff:0:a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:fffe::a83f:8110",
  ])("knows %s", (text) => expect(isMetadata(parse(text))).toBe(true));

  // A zone made another text of the same address, so that it was not found in the list.
  it.each(["fd00:ec2::254%eth0", "fe80::a9fe:a9fe%1", "[fd20:ce::254%en0]"])("knows %s by its address alone", (text) =>
    expect(isMetadata(parse(text))).toBe(true),
  );

  it.each(["2606:4700::a9fe:a9fe", "fd12::7", "fe80::1", "::1"])("takes %s for another", (text) =>
    expect(isMetadata(parse(text))).toBe(false),
  );
});

/** Each block that is not globally reachable in IANA's special-purpose registries (2025), by an address within. */
const NOT_GLOBAL = `
  0.0.0.1 10.0.0.1 100.64.0.1 127.0.0.1 169.254.1.1 172.16.0.1 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.2
  192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 64:ff9b:1::1
  100::1 100:0:0:1::1 2001:1::4 2001:2::1 2001:10::1 2001:db8::1 3fff::1 5f00::1 fc00::1 fd00::1 fe80::1
  ff02::1
`;

describe("the special-purpose registries", () => {
  it.each(NOT_GLOBAL.trim().split(/\s+/))("have %s, which is not public", (text) => expect(judge(text)).toBe(false));
});

describe("parseAddress", () => {
  it.each(["", "localhost", "1.2.3", "0x7f.0.0.1", "017700000001", "1.2.3.4.5", "[1.2.3.4", ":::"])(
    "knows that %j is none",
    (text) => expect(parseAddress(text)).toBeNull(),
  );
});
