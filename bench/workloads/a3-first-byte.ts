import { Agent, request } from "node:http";
import { REQUEST } from "../message-call.ts";
import { FIRST_EVENT, OTHER_EVENTS } from "../message-stream.ts";
import { KEY } from "../product.ts";
import { startProgram } from "../program.ts";
import { startConnected } from "../sides.ts";
import { median } from "../statistics.ts";
import { inTurns, type Measurement, must, type Plan } from "../workload.ts";

const BODY = JSON.stringify({ ...JSON.parse(REQUEST), stream: true });

/**
 * A3, streams: from the request to the first byte of the answer's first event, one stream at a time: half of them take no
 * longer than this. Its target is what the proxy adds to asking the provider itself. Every stream must come whole, and its
 * first event by itself, while the provider still thinks about the others.
 */
export async function a3FirstByte(plan: Plan): Promise<Measurement> {
  const upstream = await startProgram("stream-upstream");
  const server = await startConnected(plan.folder, upstream);
  const ms = plan.quick ? 800 : 2_500;
  const product = () => firstBytes(`${server.url}/v1/proxy/claude-api/v1/messages`, KEY, ms);
  const limit = () => firstBytes(`${upstream.url}/v1/messages`, "sk-ant-bench", ms);
  // Until the compiler has done its work: most of the time that one stream takes, nobody works.
  await Promise.all(Array.from({ length: 16 }, product));
  await limit();
  const rounds = await inTurns(plan, "µs", product, limit);
  await Promise.all([server.stop(), upstream.stop()]);
  const what = "proxy, p50 until the first byte of a stream";
  return {
    id: "A3_first_byte",
    what,
    against: "the provider itself",
    unit: "µs",
    target: { addedAtMost: 300 },
    rounds,
  };
}

async function firstBytes(url: string, key: string, ms: number): Promise<{ value: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (const endsAt = performance.now() + ms; performance.now() < endsAt; )
    times.push(await firstByte(url, key, agent));
  agent.destroy();
  return { value: 1_000 * median(times) };
}

/** How long the first byte took, in ms. */
function firstByte(url: string, key: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "x-api-key": key, "content-type": "application/json", "content-length": Buffer.byteLength(BODY) };
    const pieces: Buffer[] = [];
    let took = 0;
    const startedAt = performance.now();
    const sent = request(url, { method: "POST", agent, headers }, (answer) => {
      answer.once("data", () => (took = performance.now() - startedAt));
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.once("error", reject);
      answer.once("end", () => resolve(took));
      answer.once("end", () => check(pieces));
    });
    sent.once("error", reject);
    sent.end(BODY);
  });
}

function check(pieces: readonly Buffer[]): void {
  must(pieces[0]?.toString("utf8") === FIRST_EVENT, `the first piece of a stream was ${pieces[0]?.toString("utf8")}`);
  const whole = Buffer.concat(pieces).toString("utf8");
  must(whole === FIRST_EVENT + OTHER_EVENTS, `a stream was ${whole}`);
}
