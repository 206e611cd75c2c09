import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { Pool } from "undici";
import { EVENT_TYPE, payload } from "./event.ts";

/** The key of a `whsec_…` secret. */
export function keyOf(secret: string): KeyObject {
  return createSecretKey(secret.slice("whsec_".length), "base64");
}

/** A body of the size that the product sends of the nth event. */
export function bodyOf(n: number): string {
  return JSON.stringify({
    id: `evt_${n}`,
    type: EVENT_TYPE,
    timestamp: "2026-11-20T08:00:00.000Z",
    connector: "claude-api",
    connection: "default",
    resource: "files",
    data: payload(n),
  });
}

/** The least that sends a webhook: a signature and a POST, and nothing is remembered. Throws when it is refused. */
export async function signedPost(pool: Pool, key: KeyObject, id: string, body: string): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const headers = {
    "content-type": "application/json",
    "user-agent": "bench",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
  const answer = await pool.request({ method: "POST", path: "/hook", headers, body });
  await answer.body.dump();
  if (answer.statusCode !== 204) throw new Error(`The receiver answered ${answer.statusCode}.`);
}
