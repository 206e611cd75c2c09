import { secureBytes } from "../kernel/random.ts";

/** A new API key: `tw_` and 40 hex digits, 160 random bits. */
export function newApiKey(): string {
  return `tw_${secureBytes(20).toString("hex")}`;
}
