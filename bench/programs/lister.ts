import { Pool } from "undici";
import { cpuOf } from "../cpu.ts";
import { obey } from "./obey.ts";

/** The bare limit of P1: fetches every page and parses it, and keeps nothing. */
interface Page {
  data: unknown[];
  has_more: boolean;
  last_id: string | null;
}

async function list(pool: Pool): Promise<number> {
  let items = 0;
  for (let after = ""; ; ) {
    const answer = await pool.request({ method: "GET", path: `/v1/files?limit=1000${after}`, headers: CREDENTIALS });
    const page = JSON.parse(await answer.body.text()) as Page;
    items += page.data.length;
    if (!page.has_more) return items;
    after = `&after_id=${page.last_id}`;
  }
}

const CREDENTIALS = { "x-api-key": "sk-ant-bench", "anthropic-version": "2023-06-01" };
let pool: Pool | null = null;

obey({
  listFrom: (url: string) => void (pool = new Pool(url, { connections: 1 })),
  /** Lists everything so many times; CPU in ms for one of them, and how many items each had. */
  async list(times: number) {
    if (pool === null) throw new Error("say first where");
    const from = pool;
    const items: number[] = [];
    const cpuMs = await cpuOf(async () => {
      for (let n = 0; n < times; n++) items.push(await list(from));
    });
    return { cpuMs: cpuMs / times, items };
  },
});
