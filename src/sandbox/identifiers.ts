import { createHash } from "node:crypto";
import type { Random } from "../kernel/random.ts";

/** What an id names (facts: ids are opaque, only the prefix is stable). */
export type SandboxIdPrefix =
  | "msg"
  | "msgbatch"
  | "file"
  | "skill"
  | "skver"
  | "req"
  | "toolu"
  | "container"
  | "user"
  | "invite"
  | "wrkspc"
  | "apikey"
  | "rl"
  | "rlg"
  | "whe"
  | "agent"
  | "sesn"
  | "sthr"
  | "env"
  | "depl"
  | "drun"
  | "vlt"
  | "vcrd"
  | "memstore"
  | "uprof"
  | "enac"
  | "ekey";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RANDOM_LENGTH = 16;
const COUNTER_LENGTH = 6;

/** Makes ids such as `file_011CNha8iCJcU1wXNR6q4V8w`: unique within a sandbox whatever `random` gives. */
export function identifiers(random: Random): (prefix: SandboxIdPrefix) => string {
  let counter = 0;
  return (prefix) => {
    let id = `${prefix}_01`;
    for (let i = 0; i < RANDOM_LENGTH; i++) id += letter(Math.floor(random() * ALPHABET.length));
    return id + counterText(++counter);
  };
}

/** The same id for the same text: a batch's results name the same messages at each download. */
export function derivedId(prefix: SandboxIdPrefix, text: string): string {
  const bytes = createHash("sha256")
    .update(text)
    .digest()
    .subarray(0, RANDOM_LENGTH + COUNTER_LENGTH);
  return `${prefix}_01${[...bytes].map(letter).join("")}`;
}

/** The same UUID for the same text. */
export function derivedUuid(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function counterText(counter: number): string {
  let text = "";
  for (let rest = counter, i = 0; i < COUNTER_LENGTH; i++, rest = Math.floor(rest / ALPHABET.length)) {
    text = letter(rest) + text;
  }
  return text;
}

function letter(n: number): string {
  return ALPHABET.charAt(n % ALPHABET.length);
}
