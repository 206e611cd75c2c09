import { setTimeout as rest } from "node:timers/promises";
import { Pool } from "undici";
import { cpuOf } from "../cpu.ts";
import { LISTS } from "../small-lists.ts";
import { obey } from "./obey.ts";

/** The bare limit of P4: asks for the lists at the same rate, those of a second together, parses them, and keeps nothing. */
let pool: Pool | null = null;

async function ask(from: Pool, n: number): Promise<void> {
  const path = `/v1/${LISTS[n % LISTS.length]}`;
  const answer = await from.request({ method: "GET", path, headers: { "x-api-key": `key-${n}` } });
  JSON.parse(await answer.body.text());
}

async function askAt(from: Pool, { perSecond, seconds }: { perSecond: number; seconds: number }): Promise<void> {
  const startedAt = performance.now();
  let asked = 0;
  for (let second = 1; second <= seconds; second++) {
    await rest(Math.max(0, startedAt + second * 1_000 - performance.now()));
    const due = Math.floor(perSecond * second) - asked;
    await Promise.all(Array.from({ length: due }, (_, n) => ask(from, asked + n)));
    asked += due;
  }
}

obey({
  askAt: (url: string) => void (pool = new Pool(url, { connections: 64 })),
  /** Asks for some seconds; the CPU of it in ms. */
  async ask(rate: { perSecond: number; seconds: number }) {
    if (pool === null) throw new Error("say first where");
    const from = pool;
    return cpuOf(() => askAt(from, rate));
  },
});
