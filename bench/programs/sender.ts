import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { Pool } from "undici";
import { EVENT_TYPE, payload } from "../event.ts";
import { obey } from "./obey.ts";

interface Task {
  url: string;
  secret: string;
  count: number;
  atOnce: number;
}

/** The bare limit of D1: a loop that signs bodies of the same size and posts them, and remembers nothing. */
async function send({ url, secret, count, atOnce }: Task): Promise<{ ms: number; cpuMs: number }> {
  const key = createSecretKey(secret.slice("whsec_".length), "base64");
  const bodies = Array.from({ length: count }, (_, n) => body(n));
  const pool = new Pool(url, { connections: atOnce });
  let next = 0;
  const line = async () => {
    for (let n = next++; n < count; n = next++) await post(pool, key, `evt_${n}`, bodies[n] ?? "");
  };
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: atOnce }, line));
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  await pool.close();
  return { ms, cpuMs: (user + system) / 1_000 };
}

async function post(pool: Pool, key: KeyObject, id: string, body: string): Promise<void> {
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

function body(n: number): string {
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

obey({ send });
