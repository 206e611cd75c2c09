import { isDeepStrictEqual } from "node:util";
import { LIMIT, PAGE, SELECTED } from "../file-page.ts";
import { type Load, load } from "../load.ts";
import { KEY } from "../product.ts";
import type { Program } from "../program.ts";
import { startSides } from "../sides.ts";
import type { Sample } from "../statistics.ts";
import { usageOf } from "../usage.ts";
import { inTurns, must, type Workload } from "../workload.ts";

/** Enough that who answers never waits. */
const AT_ONCE = 4;
const BODY = JSON.stringify({ limit: LIMIT });

/**
 * A4: `files.list` over HTTP, whole: a page of 1,000 files from the provider, each read into the manifest's fields. Against
 * the bare forwarder, which parses the same page and prints it again.
 */
export const a4: Workload = async (plan) => {
  const { server, forwarder, upstream, stop } = await startSides(plan, "page-upstream");
  const ms = plan.quick ? 1_200 : 4_000;
  const product = () => measured(server.pid, upstream, () => list(server.url, ms));
  const limit = () => measured(forwarder.pid, upstream, () => reprint(forwarder.url, ms));
  for (const side of [limit, product, product]) await side(); // until the compiler has done its work
  const rounds = await inTurns(plan, "ms", product, limit);
  await stop();
  const what = `list of ${LIMIT} → selected fields, ${AT_ONCE} at once`;
  return [
    {
      id: "A4",
      what,
      against: "parse and stringify of the page",
      unit: "ms",
      target: { ratioAtMost: 1.3 },
      cpuFloor: 0.7,
      rounds,
    },
  ];
};

function list(url: string, ms: number): Promise<Load> {
  const path = "/v1/connectors/claude-api/operations/files.list";
  const headers = { "content-type": "application/json", authorization: `Bearer ${KEY}` };
  return load({ url, path, headers, body: BODY, atOnce: AT_ONCE, ms, check: checkList });
}

function checkList(body: string): void {
  const { result, next_cursor } = JSON.parse(body) as { result: unknown; next_cursor: unknown };
  must(isDeepStrictEqual(result, SELECTED) && next_cursor === null, `the list was ${body.slice(0, 2_000)}`);
}

function reprint(url: string, ms: number): Promise<Load> {
  const check = (body: string) => must(body === PAGE, `the page was ${body.slice(0, 2_000)}`);
  const headers = { "content-type": "application/json" };
  return load({ url, path: "/reprint", headers, body: BODY, atOnce: AT_ONCE, ms, check });
}

async function measured(pid: number, upstream: Program, call: () => Promise<Load>): Promise<Sample> {
  await upstream.ask("report"); // forgets what came before
  const before = usageOf(pid).cpuMs;
  const { operations, ms } = await call();
  const cpuMs = usageOf(pid).cpuMs - before;
  const { count } = await upstream.ask<{ count: number }>("report");
  // The product's own poller asks for the page now and then.
  must(count >= operations, `${operations} lists were answered and ${count} reached the provider`);
  return { value: ms / operations, cpuUs: (1_000 * cpuMs) / operations };
}
