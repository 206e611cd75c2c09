import { attempt } from "../../../src/delivery/attempt.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { loopbackClient, never, post } from "../../net/peer.ts";

/** What a process that delivered to malicious receivers tells of itself. Sizes in bytes, times in ms. */
export interface Told {
  tries: { class: string; kept: number; ms: number }[];
  /** Memory at its highest beyond what the process had before. */
  grown: number;
  /** Connections still open when all tries are over and the client is closed. */
  open: number;
}

/** A process of its own: it tries all URLs of its arguments at once, the first of which says the deadline, and prints what `Told` has. */
const [deadlineMs, ...urls] = process.argv.slice(2);
const client = loopbackClient();
const before = process.memoryUsage.rss();
const outcomes = await Promise.all(
  urls.map((url) => attempt({ http: client.http, clock: systemClock }, post(url), Number(deadlineMs), never)),
);
await client.close();
const told: Told = {
  tries: outcomes.map((one) => ({ class: one.class, kept: one.responseBody?.length ?? 0, ms: one.durationMs })),
  grown: process.resourceUsage().maxRSS * 1024 - before,
  open: process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length,
};
process.stdout.write(JSON.stringify(told));
