import ipaddr from "ipaddr.js";
import { z } from "zod";
import { formatDuration, parseDuration } from "./kernel/duration.ts";
import { type Mistake, messageOf, TidewireError } from "./kernel/errors.ts";
import { Secret } from "./kernel/secret.ts";
import { readAllowList } from "./net/allow-list.ts";

const list = (text: string | undefined) =>
  (text ?? "")
    .split(",")
    .map((s) => s.trim())
    .filter((s) => s !== "");
const optional = (text: string | undefined) => (text === undefined || text === "" ? null : text);
const optionalSecret = (text: string | undefined) => (optional(text) === null ? null : new Secret(text as string));

const DEFAULT_SCHEDULE = "0s,5s,5m,30m,2h,5h,10h,14h,20h,24h";
/** 32 bytes. */
const VAULT_KEY = /^[A-Za-z0-9+/_-]{43}=?$/;
const ROOT_KEY = /^tw_[A-Za-z0-9_]{32,}$/;

function rootKey(text: string | undefined): Secret | null {
  const given = optional(text);
  if (given !== null && !ROOT_KEY.test(given)) throw new Error("write tw_ and at least 32 of A–Z, a–z, 0–9 and _");
  return optionalSecret(text);
}

function vaultKey(text: string | undefined): Secret | null {
  const given = optional(text);
  // A decoder passes over what is not base64, and would so make another key of it.
  if (given !== null && !VAULT_KEY.test(given.trim())) throw new Error("give 32 bytes in base64");
  return optionalSecret(text);
}

function port(text: string | undefined): number {
  const parsed = z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .safeParse(optional(text) ?? "8787");
  if (!parsed.success) throw new Error(`"${text}" is not a port; write a number from 0 to 65535, 0 for any free one`);
  return parsed.data;
}

function databaseUrl(text: string | undefined): string {
  const url = optional(text) ?? "file:./data/tidewire.db";
  if (url.startsWith("file:") && url.length > 5) return url;
  if (/^postgres(ql)?:\/\//.test(url))
    throw new Error("Postgres is not supported by this version yet; use file:<path>");
  throw new Error(`"${url}" names no database; write file:<path>`);
}

function choice<const T extends string>(choices: readonly T[], fallback: T) {
  return (text: string | undefined): T => {
    const given = (optional(text) ?? fallback) as T;
    if (!choices.includes(given)) throw new Error(`"${given}" is none of ${choices.join(", ")}`);
    return given;
  };
}

function httpUrl(text: string | undefined): string | null {
  const given = optional(text);
  if (given === null) return null;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol))
    throw new Error(`"${given}" is no http(s) URL`);
  return given.replace(/\/+$/, "");
}

/** The way out: the origin of a proxy, perhaps with a login. */
function proxyUrl(text: string | undefined): URL | null {
  const given = optional(text);
  const url = given === null ? null : URL.parse(given);
  if (given !== null && (url === null || !/^https?:$/.test(url.protocol) || `${url.pathname}${url.search}` !== "/"))
    throw new Error("write http://host:port or https://user:password@host:port"); // it may hold a password: not repeated
  return url;
}

/** Addresses and networks; a name would have to be looked up for each request. */
function addresses(text: string | undefined): string[] {
  const given = list(text);
  const wrong = given.find((entry) => !ipaddr.isValid(entry) && !ipaddr.isValidCIDR(entry));
  if (wrong !== undefined) throw new Error(`"${wrong}" is no address or CIDR; write 127.0.0.1 or 10.0.0.0/8`);
  return given;
}

/** Hosts and networks that may be reached beside the public internet; `setting` is the variable's name. */
function allowed(setting: string) {
  return (text: string | undefined): string[] => {
    readAllowList(list(text), setting);
    return list(text);
  };
}

function schedule(text: string | undefined): number[] {
  const delays = list(optional(text) ?? DEFAULT_SCHEDULE).map(parseDuration);
  if (delays.length === 0) throw new Error("give at least one delay, such as 0s");
  return delays;
}

function retention(text: string | undefined): number {
  const ms = parseDuration(optional(text) ?? "30d");
  if (ms === 0) throw new Error(`"${text}" would keep nothing; write 1d or more`);
  return ms;
}

/**
 * Every setting there is, by the name of its environment variable: what it means and how it is read. Credentials of providers
 * are not among them: a manifest names the variables of its own (`env`).
 */
const SETTINGS = {
  HOST: { doc: "Address to listen on.", parse: (t: string | undefined) => optional(t) ?? "127.0.0.1" },
  PORT: { doc: "Port to listen on; 0 = any free one, printed at start.", parse: port },
  DATABASE_URL: { doc: "Where the data is kept: file:<path>.", parse: databaseUrl },
  TIDEWIRE_CONNECTORS: {
    doc: "Comma-separated paths of connector.json; replaces the shipped one.",
    parse: (t: string | undefined) => (list(t).length > 0 ? list(t) : null),
  },
  TIDEWIRE_ROOT_KEY: {
    doc: "The first API key: tw_ and at least 32 characters of [A-Za-z0-9_].",
    parse: rootKey,
  },
  TIDEWIRE_VAULT_KEY: { doc: "Seals credentials: 32 bytes, base64.", parse: vaultKey },
  TIDEWIRE_ALLOWED_TARGETS: {
    doc: "Hosts and CIDRs that deliveries may reach beside the public internet.",
    parse: allowed("TIDEWIRE_ALLOWED_TARGETS"),
  },
  TIDEWIRE_ALLOWED_UPSTREAMS: {
    doc: "Hosts and CIDRs that upstream calls may reach beside the public internet.",
    parse: allowed("TIDEWIRE_ALLOWED_UPSTREAMS"),
  },
  TIDEWIRE_OUTBOUND_PROXY: {
    doc: "Proxy by which the public internet is reached: http(s)://[user:password@]host:port.",
    parse: proxyUrl,
    print: ({ origin }: URL) => origin,
  },
  TIDEWIRE_RETRY_SCHEDULE: {
    doc: "Delays before each try of a delivery.",
    parse: schedule,
    print: (delays: number[]) => delays.map(formatDuration).join(","),
  },
  TIDEWIRE_RETENTION: {
    doc: "How long events, deliveries and attempts are kept.",
    parse: retention,
    print: formatDuration,
  },
  TIDEWIRE_PUBLIC_URL: { doc: "Base of absolute links, such as https://tidewire.example.com.", parse: httpUrl },
  TIDEWIRE_TRUST_PROXY: { doc: "Addresses and CIDRs of proxies whose forwarded headers count.", parse: addresses },
  TIDEWIRE_SANDBOX: {
    doc: "The built-in Claude sandbox: auto (without a key and a connection), on or off.",
    parse: choice(["auto", "on", "off"], "auto"),
  },
  TIDEWIRE_URL: { doc: "The server that the command line talks to.", parse: httpUrl },
  TIDEWIRE_KEY: { doc: "The key that the command line uses.", parse: optionalSecret },
  LOG_LEVEL: {
    doc: "trace, debug, info, warn, error or silent.",
    parse: choice(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "info"),
  },
  NODE_ENV: {
    doc: "`production` turns the automatic sandbox off.",
    parse: (t: string | undefined) => optional(t) ?? "development",
  },
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Config = { readonly [K in SettingName]: ReturnType<(typeof SETTINGS)[K]["parse"]> };

/** Reads the environment. Throws `config_invalid` with every mistake at once. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const mistakes: Mistake[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    try {
      config[name] = setting.parse(env[name]);
    } catch (error) {
      mistakes.push(...mistakesIn(name, error));
    }
  }
  if (mistakes.length > 0) {
    throw new TidewireError("config_invalid", mistakes.map((m) => `${m.at}: ${m.message}`).join("; "), {
      errors: mistakes,
    });
  }
  return config as Config;
}

/** What is wrong with a setting: a list may have several wrong members. */
function mistakesIn(name: string, error: unknown): Mistake[] {
  if (error instanceof TidewireError && error.errors.length > 0) return error.errors;
  return [{ at: name, message: messageOf(error) }];
}

/** The settings as text for people, secrets masked. */
export function describeConfig(config: Config): { name: SettingName; value: string; doc: string }[] {
  return (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const { doc, print } = SETTINGS[name] as { doc: string; print?: (value: unknown) => string };
    const value = config[name];
    const text = value === null ? "" : (print?.(value) ?? (Array.isArray(value) ? value.join(",") : String(value)));
    return { name, value: text, doc };
  });
}
