import ipaddr from "ipaddr.js";
import { type Mistake, TidewireError } from "../kernel/errors.ts";
import { type Address, type AddressRange, isWithin, parseAddress } from "./address.ts";

/** What the operator lets in beside the public internet. */
export interface AllowList {
  hasName(name: string): boolean;
  hasAddress(address: Address): boolean;
}

const HINT = ", written without scheme, port and path, such as localhost, 10.1.2.3 or 10.0.0.0/8";

type Entry = { name: string } | { range: AddressRange };

/** What stands before the IPv4 address in `::ffff:10.0.0.0/104`. */
const MAPPED_BITS = 96;

/** Reads host names, addresses and CIDRs. Throws `config_invalid` naming the setting and every entry that is none of them. */
export function readAllowList(entries: readonly string[], setting: string): AllowList {
  const mistakes: Mistake[] = [];
  const names = new Set<string>();
  const ranges: AddressRange[] = [];
  for (const text of entries) {
    const entry = readEntry(text);
    if (entry === null) mistakes.push({ at: setting, message: `"${text}" is no host name, address or CIDR${HINT}` });
    else if ("name" in entry) names.add(entry.name);
    else ranges.push(entry.range);
  }
  if (mistakes.length > 0) {
    const listed = mistakes.map(({ message }) => message).join("; ");
    throw new TidewireError("config_invalid", `${setting}: ${listed}.`, { errors: mistakes });
  }
  return {
    hasName: (name) => names.has(name),
    hasAddress: (address) => ranges.some((range) => isWithin(address, range)),
  };
}

function readEntry(text: string): Entry | null {
  const address = parseAddress(text);
  if (address !== null) return { range: [address, address.toByteArray().length * 8] };
  if (ipaddr.isValidCIDR(text)) return { range: unmapped(ipaddr.parseCIDR(text)) };
  if (/[\s/:@?#\\*]/.test(text) || !URL.canParse(`http://${text}`)) return null;
  const name = hostName(new URL(`http://${text}`));
  return parseAddress(name) === null && name !== "" ? { name } : null;
}

/** Where IPv6's mapped form stands for a range of IPv4, that range: addresses are compared so. */
function unmapped([base, bits]: AddressRange): AddressRange {
  const isMapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= MAPPED_BITS;
  return isMapped ? [base.toIPv4Address(), bits - MAPPED_BITS] : [base, bits];
}

/** A URL's host in lower case, without the dot that may end a full name. */
export function hostName(url: URL): string {
  return url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname;
}
