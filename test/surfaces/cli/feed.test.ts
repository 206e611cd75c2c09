import { expect, it } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { TidewireError } from "../../../src/kernel/errors.ts";
import type { Cli } from "../../../src/surfaces/cli/cli.ts";
import type { Client } from "../../../src/surfaces/cli/client.ts";
import { type FeedMessage, readFeed } from "../../../src/surfaces/cli/feed.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

type Answer = { status?: number; chunks: string[]; goesSilent?: boolean } | Error;

/** A server that answers by script, and one who follows it, on a clock turned by hand. */
class Scripted {
  readonly clock = new ManualClock();
  readonly asked: { path: string; lastId: string | undefined }[] = [];
  readonly taken: FeedMessage[] = [];
  readonly states: string[] = [];
  readonly stop = new AbortController();
  readonly ended: Promise<unknown>;

  constructor(...answers: Answer[]) {
    const client: Client = {
      at: "http://tidewire",
      runsJobs: true,
      close: async () => {},
      request: async (_method, path, _body, headers, signal) => {
        this.asked.push({ path, lastId: headers?.["last-event-id"] });
        const answer = answers.shift() ?? new TidewireError("server_unreachable", "nobody is there");
        if (answer instanceof Error) throw answer;
        return { status: answer.status ?? 200, headers: {}, body: bodyOf(answer, signal) };
      },
    };
    const config = readConfig({ TIDEWIRE_URL: "http://tidewire", TIDEWIRE_KEY: "tw_1" });
    const cli = { config: () => config, product: { connect: () => client } } as unknown as Cli;
    this.ended = this.#read(cli).catch((error: unknown) => error);
  }

  async #read(cli: Cli): Promise<void> {
    const query = { type: "files.*", after: "start", since: undefined };
    const told = (state: string) => this.states.push(state);
    for await (const message of readFeed(cli, query, this.stop.signal, told, this.clock)) this.taken.push(message);
  }
}

async function* bodyOf(
  { chunks, goesSilent }: Exclude<Answer, Error>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
  if (!goesSilent) return;
  await new Promise((_, reject) =>
    signal?.addEventListener("abort", () => reject(new TidewireError("server_unreachable", "it broke off"))),
  );
}

const event = (id: string) => `id: ${id}\nevent: files.created\ndata: {"id":"evt_${id}"}\n\n`;
const beat = (id: string) => `: at ${id}\nid: ${id}\n\n`;

it("goes on after the last event, or the last heartbeat, and asks for the beginning only once", async () => {
  const feed = new Scripted(
    { chunks: [beat("MQ"), event("Mg"), event("Mw").slice(0, 20)] }, // breaks off in the middle
    { chunks: [beat("Mg"), event("Mw") + beat("NQ")] },
    { chunks: [], goesSilent: true },
  );
  await feed.clock.advance(500);
  await feed.clock.advance(500);
  expect(feed.asked).toEqual([
    { path: "/v1/events/stream?type=files.*&after=start", lastId: undefined },
    { path: "/v1/events/stream?type=files.*", lastId: "Mg" },
    { path: "/v1/events/stream?type=files.*", lastId: "NQ" },
  ]);
  expect(feed.taken).toEqual([
    { type: "files.created", data: '{"id":"evt_Mg"}' },
    { type: "files.created", data: '{"id":"evt_Mw"}' },
  ]);
  feed.stop.abort();
  expect(await feed.ended).toBeUndefined();
});

it("comes again later each time that nobody is there, and soon again once somebody was", async () => {
  const gone = new TidewireError("server_unreachable", "nobody is there");
  const stopping = { status: 503, chunks: ['{"code":"unavailable","detail":"Tidewire is stopping."}'] };
  const feed = new Scripted({ chunks: [beat("MQ")] }, gone, stopping, gone, { chunks: [beat("MQ")] }, gone);
  await settle();
  for (const [waited, connections] of [
    [500, 2],
    [1_000, 3],
    [2_000, 4],
    [4_000, 5],
    [500, 6],
  ] as const) {
    await feed.clock.advance(waited - 1);
    expect(feed.asked).toHaveLength(connections - 1);
    await feed.clock.advance(1);
    expect(feed.asked).toHaveLength(connections);
  }
  feed.stop.abort();
  expect(await feed.ended).toBeUndefined();
});

it("takes a connection that is silent for 45 seconds for dead", async () => {
  const feed = new Scripted({ chunks: [beat("MQ")], goesSilent: true }, { chunks: [], goesSilent: true });
  await feed.clock.advance(44_999);
  expect(feed.asked).toHaveLength(1);
  await feed.clock.advance(501);
  expect(feed.asked).toHaveLength(2);
  feed.stop.abort();
  expect(await feed.ended).toBeUndefined();
});

it.each(["unauthorized", "forbidden", "not_found", "invalid_cursor"] as const)(
  "ends when the server says %s",
  async (code) => {
    const refusal = { status: 400, chunks: [JSON.stringify({ code, detail: "no" })] };
    for (const feed of [new Scripted(refusal), new Scripted({ chunks: [beat("MQ")] }, refusal)]) {
      await feed.clock.advance(500);
      expect(await feed.ended).toMatchObject({ code });
    }
  },
);

it("ends when the server was never there", async () => {
  expect(await new Scripted().ended).toMatchObject({ code: "server_unreachable" });
});
