import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { load } from "../load.ts";
import { ANSWER, REQUEST } from "../message-call.ts";
import { connectTo, KEY, startProduct } from "../product.ts";
import { type Program, startProgram } from "../program.ts";
import type { Sample } from "../statistics.ts";
import { usageOf } from "../usage.ts";
import { inTurns, must, type Workload } from "../workload.ts";

const AT_ONCE = 32;

/** A server under load, measured from outside. */
interface Subject {
  pid: number;
  url: string;
  path: string;
  headers: Record<string, string>;
  check(body: string): void;
}

/**
 * A1: `messages.create` over HTTP, whole: key, input, connection, template, POST to the provider, fields, log line. Against a
 * forwarder that takes the same body with the same server and sends it on with the same client. Load and provider are
 * processes of their own and the same for both.
 */
export const a1: Workload = async (plan) => {
  const upstream = await startProgram("upstream");
  const forwarder = await startProgram("forwarder");
  await forwarder.ask("forwardTo", upstream.url);
  const server = await startProduct(mkdtempSync(join(plan.folder, "a1-")));
  await connectTo(server, upstream.url);
  const product: Subject = {
    ...server,
    path: "/v1/connectors/claude-api/operations/messages.create",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    check: checkReply,
  };
  const limit: Subject = {
    ...forwarder,
    path: "/v1/messages",
    headers: { "content-type": "application/json" },
    check: (body) => must(body === ANSWER, `the forwarder answered ${body}`),
  };
  const ms = plan.quick ? 1_200 : 4_000;
  for (const subject of [limit, product]) await press(subject, upstream, ms); // until the compiler has done its work
  const rounds = await inTurns(
    plan,
    "calls/s",
    () => press(product, upstream, ms),
    () => press(limit, upstream, ms),
  );
  await Promise.all([server.stop(), forwarder.stop(), upstream.stop()]);
  return [
    {
      id: "A1",
      what: `operation call, ${AT_ONCE} at once`,
      against: "bare Hono → undici forwarder",
      unit: "calls/s",
      target: { ratioAtLeast: 0.65 },
      rounds,
    },
  ];
};

async function press(subject: Subject, upstream: Program, ms: number): Promise<Sample> {
  await upstream.ask("report");
  const before = usageOf(subject.pid).cpuMs;
  const done = await load({ ...subject, body: REQUEST, atOnce: AT_ONCE, ms });
  const cpuMs = usageOf(subject.pid).cpuMs - before;
  const came = await upstream.ask<{ count: number; alike: boolean; body: string }>("report");
  must(came.count === done.operations, `${done.operations} calls were answered and ${came.count} reached the provider`);
  must(came.alike && isDeepStrictEqual(JSON.parse(came.body), JSON.parse(REQUEST)), `the provider got ${came.body}`);
  return { value: (1_000 * done.operations) / done.ms, cpuUs: (1_000 * cpuMs) / done.operations };
}

/** The product gives the manifest's fields, not the provider's record. */
function checkReply(body: string): void {
  const { result, meta } = JSON.parse(body) as { result: Record<string, unknown>; meta: Record<string, unknown> };
  const sent = JSON.parse(ANSWER) as { id: string; content: { text: string }[]; usage: { output_tokens: number } };
  must(result.id === sent.id && result.content === sent.content[0]?.text, `the product answered ${body}`);
  must(result.usage_output_tokens === sent.usage.output_tokens, `the product answered ${body}`);
  must(meta.connection === "default" && meta.attempts === 1, `the product answered ${body}`);
}
