import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { invalidRequest } from "../api-error.ts";
import { refuseExtras } from "../body.ts";
import { fault } from "../message-options.ts";
import { choice } from "./fields.ts";

const GEOS = ["global", "us"] as const;
type Geo = (typeof GEOS)[number];
const STORAGE_GEOS = ["us"] as const;

/** Where a workspace's data is kept and its requests may be answered. */
export type DataResidency = {
  workspace_geo: "us";
  allowed_inference_geos: Geo[] | "unrestricted";
  default_inference_geo: Geo;
};

export const ANYWHERE: DataResidency = {
  workspace_geo: "us",
  allowed_inference_geos: "unrestricted",
  default_inference_geo: "global",
};

/** What is asked over what is so already; null leaves a member as it is. Throws 400. */
export function dataResidency(value: Json | undefined, now: DataResidency, isNew: boolean): DataResidency {
  if (value === undefined || value === null) return now;
  if (!isObject(value)) throw invalidRequest(`data_residency: ${fault(value as Json, "an object")}`);
  const asked = value as JsonObject;
  // The region of storage is fixed once the workspace is there.
  const known = ["allowed_inference_geos", "default_inference_geo", ...(isNew ? ["workspace_geo"] : [])];
  refuseExtras(asked, new Set(known), "data_residency.");
  const allowed = asked.allowed_inference_geos ?? now.allowed_inference_geos;
  const residency: DataResidency = {
    workspace_geo: choice(asked.workspace_geo ?? now.workspace_geo, "data_residency.workspace_geo", STORAGE_GEOS),
    allowed_inference_geos: allowed === "unrestricted" ? allowed : geos(allowed),
    default_inference_geo: choice(
      asked.default_inference_geo ?? now.default_inference_geo,
      "data_residency.default_inference_geo",
      GEOS,
    ),
  };
  const { allowed_inference_geos: permitted, default_inference_geo: standard } = residency;
  if (permitted !== "unrestricted" && !permitted.includes(standard)) {
    throw invalidRequest("data_residency.default_inference_geo: must be one of allowed_inference_geos");
  }
  return residency;
}

function geos(value: Json): Geo[] {
  const at = "data_residency.allowed_inference_geos";
  if (!Array.isArray(value)) throw invalidRequest(`${at}: Input should be 'unrestricted' or a valid array`);
  if (value.length === 0) throw invalidRequest(`${at}: List should have at least 1 item`);
  return value.map((geo, i) => choice(geo, `${at}.${i}`, GEOS));
}

/** `#6C5BB9`. Throws 400. */
export function displayColor(value: Json | undefined): string {
  if (typeof value !== "string") throw invalidRequest(`display_color: ${fault(value, "a valid string")}`);
  if (!/^#[\da-f]{6}$/i.test(value)) throw invalidRequest("display_color: give a color such as #6C5BB9");
  return value;
}

/** The tags after a change: a text sets one, null takes one away. Throws 400. */
export function changedTags(value: Json | undefined, now: Record<string, string>): Record<string, string> {
  if (value === undefined || value === null) return now;
  if (!isObject(value)) throw invalidRequest("tags: Input should be an object");
  const tags = new Map(Object.entries(now));
  for (const [key, text] of Object.entries(value)) {
    if (key.startsWith("anthropic")) throw invalidRequest(`tags.${key}: Keys may not begin with "anthropic"`);
    if (text === null) tags.delete(key);
    else if (typeof text === "string") tags.set(key, text);
    else throw invalidRequest(`tags.${key}: Input should be a valid string`);
  }
  return Object.fromEntries(tags);
}

/** What this organization has not: a key of its own for encryption, and user profiles. Throws 400. */
export function refuseWhatIsNotThere({
  external_key_id: key = null,
  user_profile_id: profile = null,
}: JsonObject): void {
  if (key !== null) throw invalidRequest("external_key_id: customer-managed encryption keys are not enabled");
  if (profile !== null) throw invalidRequest("user_profile_id: no such user profile", "user_profile_not_found");
}
