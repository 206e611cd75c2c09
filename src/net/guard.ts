import { TidewireError } from "../kernel/errors.ts";
import { isMetadata, isPublic, parseAddress } from "./address.ts";
import { type AllowList, hostName, readAllowList } from "./allow-list.ts";

/** Who may be called. Made once from the operator's list; see `createTargetPolicy`. */
export interface TargetPolicy {
  /** The parsed URL. Throws with the reason when it may not be called; makes no look-up. */
  checkUrl(raw: string): URL;
  /** Null when the address may be connected to for this host, else the reason. */
  refusal(address: string, hostname: string): string | null;
}

/** Why a URL is refused: stable words, found in the thrown error's `errors[0].code`. */
type TargetReason =
  | "control-char-or-backslash"
  | "length"
  | "scheme"
  | "unparsable"
  | "userinfo"
  | "fragment"
  | "port"
  | "ip-not-public"
  | "single-label"
  | "local-suffix"
  | "hostname";

interface PolicyOptions {
  /** Host names, addresses and CIDRs that may be reached beside the public internet, over http too and on any port. */
  allowed: readonly string[];
  /** Says whose URLs these are: a subscription's or a connection's. */
  code: "invalid_target" | "invalid_upstream";
}

const PLACES = {
  invalid_target: { field: "url", setting: "TIDEWIRE_ALLOWED_TARGETS" },
  invalid_upstream: { field: "params.baseUrl", setting: "TIDEWIRE_ALLOWED_UPSTREAMS" },
} as const;

/**
 * The rules of whom this process may call: https and the public internet, plus what the operator allows. Addresses and
 * names where clouds hand out credentials stay refused even then. `checkUrl` throws TidewireError of the given code.
 * Throws `config_invalid` for an allowed entry that is no host name, address or CIDR.
 */
export function createTargetPolicy({ allowed, code }: PolicyOptions): TargetPolicy {
  const { field, setting } = PLACES[code];
  const allow = readAllowList(allowed, setting);
  return {
    checkUrl(raw) {
      const verdict = judge(raw, allow);
      if (verdict instanceof URL) return verdict;
      const message = `The URL may not be called: ${explain(verdict, setting)}.`;
      throw new TidewireError(code, message, { errors: [{ at: field, message, code: verdict.reason }] });
    },
    refusal(text, hostname) {
      const address = parseAddress(text);
      if (address === null) return `"${hostname}" led to "${text}", which is no address`;
      const free = allow.hasName(hostname) || allow.hasAddress(address) || isPublic(address);
      if (free && !isMetadata(address)) return null;
      // Which address is not said: whoever subscribes could else have the names of the inner network looked up.
      return `"${hostname}" leads to an address that is not public; an operator may allow it in ${setting}`;
    },
  };
}

interface Refused {
  reason: TargetReason;
  /** What the reason is about, when that is not the whole URL. */
  host: string;
}

const LONGEST_URL = 2048;
const LONGEST_NAME = 253;
/** Names that never lead to the public internet: RFC 6761, 6762, 7686, 8375, ICANN's `internal`, and common habits. */
const LOCAL_SUFFIX =
  /(^|\.)(localhost|local|internal|localdomain|home\.arpa|lan|home|corp|intranet|private|svc|cluster\.local|onion)$/;
const METADATA_NAME = /^metadata\./;
/** A punycode label that encodes nothing: IDNA forbids it, but not every version of Node's parser does. */
const EMPTY_PUNYCODE = /(^|\.)xn--(\.|$)/;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** The rules in the order in which they speak. Reading the raw text first keeps parsers from disagreeing about it. */
function judge(raw: string, allow: AllowList): URL | Refused {
  const refused = (reason: TargetReason, host = ""): Refused => ({ reason, host });
  if (/[\p{Cc}\p{Z}\\]/u.test(raw)) return refused("control-char-or-backslash");
  if (raw.length > LONGEST_URL) return refused("length");
  const authority = /^https?:\/\/([^/?#]+)/i.exec(raw)?.[1];
  if (authority === undefined) return refused("scheme");
  const url = URL.parse(raw);
  if (url === null || EMPTY_PUNYCODE.test(url.hostname)) return refused("unparsable");
  if (authority.includes("@")) return refused("userinfo");
  if (raw.includes("#")) return refused("fragment");
  const host = hostName(url);
  if (host !== url.hostname) url.hostname = host;
  const standing = judgeHost(host, allow);
  if (standing !== "allowed" && standing !== "public") return refused(standing, host);
  if (standing === "public" && url.protocol !== "https:") return refused("scheme", host);
  return url.port === "0" ? refused("port") : url;
}

/** What the host's text tells; where a name leads is judged when it is connected to. */
function judgeHost(host: string, allow: AllowList): TargetReason | "allowed" | "public" {
  const address = parseAddress(host);
  if (address !== null) {
    if (isMetadata(address)) return "ip-not-public";
    if (allow.hasAddress(address)) return "allowed";
    return isPublic(address) ? "public" : "ip-not-public";
  }
  if (METADATA_NAME.test(host)) return "local-suffix";
  if (allow.hasName(host)) return "allowed";
  if (!host.includes(".")) return "single-label";
  if (LOCAL_SUFFIX.test(host)) return "local-suffix";
  return host.length <= LONGEST_NAME && host.split(".").every((label) => LABEL.test(label)) ? "public" : "hostname";
}

function explain({ reason, host }: Refused, setting: string): string {
  const mayAllow = `an operator may allow "${host}" in ${setting}`;
  switch (reason) {
    case "control-char-or-backslash":
      return "it holds a space, a control character or a backslash";
    case "length":
      return `it is longer than ${LONGEST_URL} characters`;
    case "scheme":
      return host === "" ? "it must begin with https:// and a host" : `only https:// is; ${mayAllow} for http://`;
    case "unparsable":
      return "it cannot be parsed";
    case "userinfo":
      return "it holds a user name or password; leave them out";
    case "fragment":
      return "it holds a #fragment; leave it out";
    case "port":
      return "port 0 cannot be called";
    case "ip-not-public":
      return `${host} is not a public address; ${mayAllow}`;
    case "single-label":
      return `"${host}" is not a full host name; ${mayAllow}`;
    case "local-suffix":
      return `"${host}" is a name for private use; ${mayAllow}`;
    case "hostname":
      return `"${host}" is not a valid host name`;
  }
}
