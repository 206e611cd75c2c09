import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A base address and the number of bits that count. */
export type AddressRange = [base: Address, bits: number];

/** Global unicast, the only part of IPv6 that is given out (IANA); all else is refused. */
const GLOBAL_UNICAST: AddressRange = ipaddr.parseCIDR("2000::/3");
/** NAT64's well-known prefix (RFC 6052): the last 32 bits are the IPv4 address. */
const NAT64: AddressRange = ipaddr.parseCIDR("64:ff9b::/96");

/**
 * Where clouds hand out credentials: AWS and most others, AWS ECS and EKS, Scaleway, Tencent, Azure, Oracle, Alibaba; over
 * IPv6 AWS, Google, Scaleway, Akamai.
 */
const METADATA = new Set([
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "169.254.42.42",
  "169.254.0.23",
  "168.63.129.16",
  "192.0.0.192",
  "100.100.100.200",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254",
  "fd00:42::42",
  "fd00:a9fe:a9fe::1",
]);

/**
 * The address in a text such as `10.0.0.1`, `::1` or `[::1]`, IPv4 taken out of IPv6's mapped form; null for anything else.
 * A zone (`fe80::1%eth0`) says which network card, not which address, and is left out.
 */
export function parseAddress(text: string): Address | null {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  return isIP(bare) === 0 ? null : ipaddr.process(bare.replace(/%.*/, ""));
}

/** True for an address on the public internet. One that carries an IPv4 address within is public when that one is. */
export function isPublic(address: Address): boolean {
  if (isMetadata(address)) return false;
  const inner = embedded(address);
  if (inner.length > 0) return inner.every(isPublic);
  return address.range() === "unicast" && (isIPv4(address) || address.match(GLOBAL_UNICAST));
}

/**
 * True for an address where a cloud's machines fetch credentials, also within another. Outside the public part of IPv6 it is
 * enough that an address ends in one: OpenStack (fe80::a9fe:a9fe) and Oracle (fd00:c1::a9fe:a9fe) have theirs there, and so have
 * translators to IPv4 (`::/96`, RFC 6145, RFC 8215).
 */
export function isMetadata(address: Address): boolean {
  if (METADATA.has(address.toString())) return true;
  if (isIPv4(address)) return false;
  const inner = address.match(GLOBAL_UNICAST) ? embedded(address) : [lastIPv4(address)];
  return inner.some(isMetadata);
}

/** True when the address lies in the range; a range of the other kind of address holds none. */
export function isWithin(address: Address, [base, bits]: AddressRange): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

/** The IPv4 addresses that an IPv6 address tunnels to: NAT64, 6to4 (RFC 3056) and Teredo (RFC 4380: server, and client inverted). */
function embedded(address: Address): ipaddr.IPv4[] {
  if (isIPv4(address)) return [];
  const [, second = 0, third = 0, fourth = 0, , , seventh = 0, eighth = 0] = address.parts;
  if (address.match(NAT64)) return [lastIPv4(address)];
  if (address.range() === "6to4") return [fromHalves(second, third)];
  if (address.range() === "teredo") return [fromHalves(third, fourth), fromHalves(~seventh, ~eighth)];
  return [];
}

/** The last 32 bits. */
function lastIPv4({ parts }: ipaddr.IPv6): ipaddr.IPv4 {
  return fromHalves(parts[6] ?? 0, parts[7] ?? 0);
}

function fromHalves(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([(high >> 8) & 0xff, high & 0xff, (low >> 8) & 0xff, low & 0xff]);
}

function isIPv4(address: Address): address is ipaddr.IPv4 {
  return address.kind() === "ipv4";
}
