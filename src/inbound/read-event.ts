import { hash } from "node:crypto";
import { TidewireError } from "../kernel/errors.ts";
import { isDeeper, type Json, MAX_JSON_LEVELS, parseJson } from "../kernel/json.ts";
import type { InboundRule, Place } from "../manifest/connector.ts";
import { compileSelector } from "../manifest/select.ts";
import type { Incoming } from "./verify.ts";

/** What a webhook of the provider tells. */
export interface InboundMessage {
  /** What tells it from another: the same for each time it is sent, of a fixed length. */
  key: string;
  /** What the provider calls it. */
  type: string;
  /** What payloads are made of. */
  record: Json;
}

/** Reads a webhook whose signature holds. Throws `invalid_json` and, for what is not where the manifest says, `invalid_input`. */
export function readEvent({ id, type, record }: InboundRule, incoming: Incoming): InboundMessage {
  const body = parseJson(incoming.body.toString("utf8"));
  if (body === undefined) throw new TidewireError("invalid_json", "The body is not JSON.");
  if (isDeeper(body, MAX_JSON_LEVELS)) {
    throw new TidewireError("invalid_json", `The body may be nested ${MAX_JSON_LEVELS} levels deep at most.`);
  }
  const found = compileSelector(record)(body);
  if (found === undefined) throw missing("record");
  return {
    key: hash("sha256", id === null ? incoming.body : textAt(id, "id", body, incoming), "base64url"),
    type: textAt(type, "type", body, incoming),
    record: found,
  };
}

function textAt(place: Place, what: string, body: Json, incoming: Incoming): string {
  const found = "header" in place ? incoming.header(place.header) : compileSelector(place.selector)(body);
  if (typeof found === "number") return String(found);
  if (typeof found === "string" && found !== "") return found;
  throw missing(what);
}

function missing(what: string): TidewireError {
  return new TidewireError("invalid_input", `The event's ${what} is not where the connector looks for it.`);
}
