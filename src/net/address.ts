import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A base address and the number of bits that count. */
export type AddressRange = [base: Address, bits: number];

/** Global unicast, the only part of IPv6 that is given out (IANA); all else is refused. */
const GLOBAL_UNICAST: AddressRange = ipaddr.parseCIDR("2000::/3");
/** NAT64's well-known prefix (RFC 6052): the last 32 bits are the IPv4 address. */
const NAT64: AddressRange = ipaddr.parseCIDR("64:ff9b::/96");

/** Where clouds hand out credentials: AWS and most others, AWS ECS and EKS, Azure, Oracle, Alibaba, Scaleway, Google over IPv6. */
const METADATA = new Set([
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "169.254.42.42",
  "168.63.129.16",
  "192.0.0.192",
  "100.100.100.200",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254",
]);

/** The address in a text such as `10.0.0.1`, `::1` or `[::1]`, IPv4 taken out of IPv6's mapped form; null for anything else. */
export function parseAddress(text: string): Address | null {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  return isIP(bare) === 0 ? null : ipaddr.process(bare);
}

/** True for an address on the public internet. One that carries an IPv4 address within is public when that one is. */
export function isPublic(address: Address): boolean {
  if (isMetadata(address)) return false;
  const inner = embedded(address);
  if (inner.length > 0) return inner.every(isPublic);
  return address.range() === "unicast" && (isIPv4(address) || address.match(GLOBAL_UNICAST));
}

/** True for an address where a cloud's machines fetch credentials, also within another. */
export function isMetadata(address: Address): boolean {
  return METADATA.has(address.toString()) || embedded(address).some(isMetadata);
}

/** True when the address lies in the range; a range of the other kind of address holds none. */
export function isWithin(address: Address, [base, bits]: AddressRange): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

/** The IPv4 addresses that an IPv6 address tunnels to: NAT64, 6to4 (RFC 3056) and Teredo (RFC 4380: server, and client inverted). */
function embedded(address: Address): ipaddr.IPv4[] {
  if (isIPv4(address)) return [];
  const [, second = 0, third = 0, fourth = 0, , , seventh = 0, eighth = 0] = address.parts;
  if (address.match(NAT64)) return [fromHalves(seventh, eighth)];
  if (address.range() === "6to4") return [fromHalves(second, third)];
  if (address.range() === "teredo") return [fromHalves(third, fourth), fromHalves(~seventh, ~eighth)];
  return [];
}

function fromHalves(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([(high >> 8) & 0xff, high & 0xff, (low >> 8) & 0xff, low & 0xff]);
}

function isIPv4(address: Address): address is ipaddr.IPv4 {
  return address.kind() === "ipv4";
}
