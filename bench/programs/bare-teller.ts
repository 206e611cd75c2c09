import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { setTimeout as rest } from "node:timers/promises";
import { Pool } from "undici";
import { atRate } from "../pace.ts";
import { sharedMs } from "../shared-clock.ts";
import { bodyOf, keyOf, signedPost } from "../signed-post.ts";
import { obey } from "./obey.ts";

/** The bare limit of D2 and D3: one durable write of a page for each lot, then a signed POST for each of it. */
interface Task {
  url: string;
  secret: string;
  /** A file on the disk that the product would use. */
  path: string;
}

const PAGE = Buffer.alloc(8_192, 1);
const CONNECTIONS = 256;

let told = 0;

function teller({ url, secret, path }: Task) {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const key = keyOf(secret);
  const file = openSync(path, "w");
  const toldAt: Record<string, number> = {};
  const tell = (count: number): Promise<unknown> => {
    const at = sharedMs();
    writeSync(file, PAGE);
    fdatasyncSync(file);
    return Promise.all(
      Array.from({ length: count }, () => {
        const id = `evt_${++told}`;
        toldAt[id] = at;
        return signedPost(pool, key, id, bodyOf(told));
      }),
    );
  };
  const end = async () => {
    closeSync(file);
    await pool.close();
    return toldAt;
  };
  return { tell, end };
}

async function idle({ count, restMs, ...task }: Task & { count: number; restMs: number }) {
  const { tell, end } = teller(task);
  for (let n = 0; n < count; n++) {
    await tell(1);
    await rest(restMs);
  }
  return end();
}

async function drip({ perSecond, seconds, ...task }: Task & { perSecond: number; seconds: number }) {
  const { tell, end } = teller(task);
  const posts: Promise<unknown>[] = [];
  await atRate({ perSecond, seconds }, async (count) => void posts.push(tell(count)));
  await Promise.all(posts);
  return end();
}

obey({ idle, drip });
