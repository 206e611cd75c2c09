import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import { answerWith, type Peer, startPeer } from "../../net/peer.ts";
import { type Behaviour, flood, KEPT } from "./stage.ts";
import type { Told } from "./victim.ts";

const VICTIM = new URL("./victim.ts", import.meta.url).pathname;
const DEADLINE_MS = 2_000;
const MB = 1024 * 1024;
/** Room for code that is compiled late and for garbage; ten tries that kept what they are sent would need gigabytes. */
const MOST_GROWN = 160 * MB;

const peers: Peer[] = [];
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
const BLOCK = Buffer.alloc(65_536, "x");

/** Each sends as fast as it is taken, for as long as it is let. */
const FLOODS: [name: string, behaviour: Behaviour, expected: string][] = [
  ["a body of 10 GB", flood(BLOCK, `${OK}content-length: ${10 * 1024 ** 3}\r\n\r\n`), "ok"],
  ["a body without end", flood(BLOCK, `${OK}connection: close\r\n\r\n`), "ok"],
  ["chunks without end", flood("1\r\nx\r\n".repeat(1_000), CHUNKED), "ok"],
  ["a chunk's extension without end", flood(BLOCK, `${CHUNKED}1;`), "ok"],
  ["trailers without end", flood("x-more: aaaa\r\n".repeat(1_000), `${CHUNKED}2\r\nok\r\n0\r\n`), "ok"],
  ["headers without end", flood("x-more: aaaa\r\n".repeat(1_000), OK), "too_large"],
  ["one header without end", flood(BLOCK, `${OK}x-big: `), "too_large"],
  ["a status line without end", flood(BLOCK, "HTTP/1.1 200 "), "timeout"],
  ["early hints without end", flood("HTTP/1.1 103 Hm\r\nlink: </a>\r\n\r\n".repeat(500)), "protocol"],
  ["empty lines without end", flood("\r\n".repeat(10_000)), "timeout"],
];

// Headers beyond the limit and early answers without end kept the healthy receiver waiting until the deadline of the others.
test("a process with a small heap withstands all floods at once, in bounded time, and still delivers", async () => {
  for (const [, behaviour] of FLOODS) for (let n = 0; n < 3; n++) peers.push(await startPeer(behaviour));
  const healthy = await startPeer((socket) => socket.write(answerWith("thanks")));
  peers.push(healthy);
  const args = ["--max-old-space-size=40", VICTIM, String(DEADLINE_MS), ...peers.map(({ url }) => url)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { tries, grown, open } = JSON.parse(stdout) as Told;
  const expected = FLOODS.flatMap(([name, , verdict]) => [1, 2, 3].map(() => [name, verdict]));
  expect(tries.map((one, n) => [FLOODS[Math.floor(n / 3)]?.[0] ?? "healthy", one.class])).toEqual([
    ...expected,
    ["healthy", "ok"],
  ]);
  expect(Math.max(...tries.map(({ kept }) => kept))).toBe(KEPT);
  expect(tries.at(-1)?.ms).toBeLessThan(DEADLINE_MS);
  expect(Math.max(...tries.map(({ ms }) => ms))).toBeLessThan(2 * DEADLINE_MS);
  expect(grown).toBeLessThan(MOST_GROWN);
  expect(open).toBe(0);
});
