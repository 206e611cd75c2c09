import { Pool } from "undici";
import { bodyOf, keyOf, signedPost } from "../signed-post.ts";
import { obey } from "./obey.ts";

interface Task {
  url: string;
  secret: string;
  count: number;
  atOnce: number;
}

/** Its connections stay, as the product's do: of a thousand posts, opening 256 took a third of the time. */
let pool: Pool | null = null;

/** The bare limit of D1: a loop that signs bodies of the same size and posts them, and remembers nothing. */
async function send({ url, secret, count, atOnce }: Task): Promise<{ ms: number; cpuMs: number }> {
  const key = keyOf(secret);
  const bodies = Array.from({ length: count }, (_, n) => bodyOf(n));
  pool ??= new Pool(url, { connections: atOnce });
  const connections = pool;
  let next = 0;
  const line = async () => {
    for (let n = next++; n < count; n = next++) await signedPost(connections, key, `evt_${n}`, bodies[n] ?? "");
  };
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: atOnce }, line));
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1_000 };
}

obey({ send });
