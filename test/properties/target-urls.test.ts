import { createRequire } from "node:module";
import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TidewireError } from "../../src/kernel/errors.ts";
import { createTargetPolicy, type TargetPolicy } from "../../src/net/guard.ts";

/** undici's own reading of a URL: what a connection is made to. */
const { parseOrigin } = createRequire(import.meta.url)("undici/lib/core/util.js") as {
  parseOrigin(origin: string): URL;
};

const strict = createTargetPolicy({ allowed: [], code: "invalid_target" });
const generous = createTargetPolicy({ allowed: ["0.0.0.0/0", "::/0", "localhost"], code: "invalid_target" });

/** What is not the public internet, told by Node and not by the guard's own library. */
const inner = new BlockList();
for (const block of `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
  192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`.split(/\s+/)) {
  const [base = "", bits] = block.split("/");
  inner.addSubnet(base, Number(bits), "ipv4");
}
const metadata = new BlockList();
for (const address of ["169.254.169.254", "169.254.170.2", "168.63.129.16", "192.0.0.192", "100.100.100.200"])
  metadata.addAddress(address, "ipv4");

const isIn = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

/** One number of an address in every way that a parser reads it. */
const numeral = (value: number) =>
  fc.constantFrom(
    String(value),
    `0${value.toString(8)}`,
    `0x${value.toString(16)}`,
    `0X${value.toString(16).toUpperCase()}`,
    `000${value.toString(8)}`,
    String(value).replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    String(value).replace(/\d/g, "%3$&"),
  );
const dot = fc.constantFrom(".", "。", "．", "｡", "%2e", "%2E", "%E3%80%82");

/** Addresses that somebody would like to reach, and any other. */
const octets = fc.oneof(
  fc.constantFrom(
    [127, 0, 0, 1],
    [169, 254, 169, 254],
    [10, 0, 0, 5],
    [192, 168, 0, 1],
    [0, 0, 0, 0],
    [168, 63, 129, 16],
  ),
  fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
);

const ipv4 = octets.chain(([a = 0, b = 0, c = 0, d = 0]) => {
  const shapes = [
    [a, b, c, d],
    [a, b, (c << 8) | d],
    [a, ((b << 16) | (c << 8) | d) >>> 0],
    [((a << 24) | (b << 16) | (c << 8) | d) >>> 0],
  ];
  return fc
    .constantFrom(...shapes)
    .chain((numbers) =>
      fc
        .tuple(fc.tuple(...numbers.map(numeral)), dot, fc.constantFrom("", "."))
        .map(([parts, sign, end]) => parts.join(sign) + end),
    );
});

const hex = (high = 0, low = 0) => ((high << 8) | low).toString(16);
const ipv6 = fc.oneof(
  octets.chain(([a, b, c, d]) =>
    fc.constantFrom(
      `[::ffff:${a}.${b}.${c}.${d}]`,
      `[::ffff:${hex(a, b)}:${hex(c, d)}]`,
      `[0:0:0:0:0:FFFF:${hex(a, b)}:${hex(c, d)}]`,
      `[::${a}.${b}.${c}.${d}]`,
      `[64:ff9b::${a}.${b}.${c}.${d}]`,
      `[64:ff9b:1::${hex(a, b)}:${hex(c, d)}]`,
      `[2002:${hex(a, b)}:${hex(c, d)}::1]`,
      `[::ffff:0:${hex(a, b)}:${hex(c, d)}]`,
    ),
  ),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constantFrom("[::1]", "[::]", "[fe80::1%25eth0]", "[fd00:ec2::254]", "[::1", "::1", "[127.0.0.1]"),
);

const name = fc.oneof(
  fc.constantFrom(
    "localhost",
    "LOCALHOST",
    "ⓛocalhost",
    "loc%61lhost",
    "localhost.",
    "a.localhost",
    "metadata.google.internal",
  ),
  fc.constantFrom(
    "metadata",
    "db.internal",
    "printer.lan",
    "x.svc.cluster.local",
    "example.com",
    "example.com.",
    "bücher.example",
  ),
  fc.domain(),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const host = fc.oneof(ipv4, ipv6, name);

const noise = fc.constantFrom(
  "\\",
  "\t",
  "\n",
  "\r",
  "\u0000",
  " ",
  "\u00a0",
  "\u00ad",
  "\u200b",
  "\u2028",
  "@",
  "#",
  "?",
  "/",
  ":",
  "%00",
  "%2f",
  "%40",
  ";",
  "&",
  "。",
  "ß",
  "ı",
);
const text = fc
  .tuple(
    fc.constantFrom(
      "https://",
      "http://",
      "HTTPS://",
      "https:",
      "https:/",
      "https:///",
      "//",
      "https:\\\\",
      "ftp://",
      "\thttps://",
      "https://\u0001",
    ),
    fc.constantFrom("", "", "", "user@", "a:b@", "example.com@", "@", "%40"),
    host,
    fc.constantFrom(
      "",
      "",
      ":443",
      ":0",
      ":8443",
      ":65536",
      ":-1",
      ":",
      ":443@127.0.0.1",
      "#@127.0.0.1",
      "\\@127.0.0.1",
      "/@127.0.0.1",
    ),
    fc.constantFrom("", "/", "/hook", "/../x", "?a=b", "/%2e%2e/", "/a?b#c", "//127.0.0.1/"),
  )
  .map((parts) => parts.join(""));
/** With something put in anywhere. */
const spoilt = fc.tuple(text, noise, fc.nat(40)).map(([url, sign, at]) => url.slice(0, at) + sign + url.slice(at));
const urls = fc.oneof(text, spoilt, fc.webUrl({ withQueryParameters: true }), fc.string());

/** The URL that the guard lets through; null for one that it refuses, which it does in one way only. */
function accepted(policy: TargetPolicy, raw: string): URL | null {
  try {
    return policy.checkUrl(raw);
  } catch (error) {
    if (error instanceof TidewireError && error.code === "invalid_target") return null;
    throw error;
  }
}

/** A host as an address to connect to; null for a name. */
function literalOf({ hostname }: URL): string | null {
  const bare = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  return isIP(bare) === 0 ? null : bare;
}

describe("whatever the text, a URL that is let through", () => {
  it("leads to no inner address, read by the URL standard or by undici", () => {
    fc.assert(
      fc.property(urls, (raw) => {
        const url = accepted(strict, raw);
        if (url === null) return;
        for (const read of [url, new URL(raw), new URL(url.href), parseOrigin(url.origin)]) {
          const address = literalOf(read);
          expect(read.protocol).toBe("https:");
          if (address !== null) expect([raw, address, isIn(inner, address)]).toEqual([raw, address, false]);
          else expect(read.hostname).not.toMatch(/(^|\.)(localhost|local|internal|lan)\.?$|^metadata\.|^[^.]*$/);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("leads to no metadata service, even when everything is allowed", () => {
    fc.assert(
      fc.property(urls, (raw) => {
        const url = accepted(generous, raw);
        if (url === null) return;
        for (const read of [url, new URL(raw), parseOrigin(url.origin)]) {
          const address = literalOf(read);
          if (address !== null) expect([raw, isIn(metadata, address)]).toEqual([raw, false]);
          expect(read.hostname).not.toMatch(/^metadata\./);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("is one host to every reader, holds no login, and is let through again as it was normalised", () => {
    fc.assert(
      fc.property(urls, (raw) => {
        const url = accepted(strict, raw);
        if (url === null) return;
        const bare = ({ hostname }: URL) => hostname.replace(/\.$/, "");
        expect([bare(new URL(raw)), bare(parseOrigin(url.origin))]).toEqual([url.hostname, url.hostname]);
        expect([url.username, url.password, url.hash]).toEqual(["", "", ""]);
        expect(accepted(strict, url.href)?.href).toBe(url.href);
      }),
      { numRuns: 3_000 },
    );
  });

  it("is judged alike before a connection and when it is made", () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (written) => {
        const url = accepted(strict, `https://${written}/`);
        const read = URL.parse(`https://${written}/`);
        const address = read === null ? null : literalOf(read);
        if (address !== null) expect(strict.refusal(address, address) === null).toBe(url !== null);
      }),
      { numRuns: 3_000 },
    );
  });

  it("is sometimes let through: the generator also makes good ones", () => {
    const some = fc.sample(urls, { numRuns: 2_000, seed: 1 });
    expect(some.filter((raw) => accepted(strict, raw) !== null).length).toBeGreaterThan(50);
  });
});
