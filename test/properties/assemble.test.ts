import fc from "fast-check";
import { expect, test } from "vitest";
import { assemble } from "../../src/engine/assemble.ts";
import { sseReader } from "../../src/engine/sse.ts";
import type { Json } from "../../src/kernel/json.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { findOperation } from "../../src/manifest/triggers.ts";
import { messageEvents, type StreamEvent } from "../../src/sandbox/message-stream.ts";
import { splitAnywhere } from "../support/chunks.ts";
import { block, messageOf } from "../support/message.ts";

const { connector } = loadConnector("connector.json");
const rule = findOperation(connector, "messages.create")!.operation.response.assemble!;

const text = (events: readonly StreamEvent[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");

/** What a stream comes to, cut anywhere; fails when there is more than one record. */
async function recordOf(stream: string, cuts: number[]): Promise<Json | undefined> {
  const { take } = assemble(rule);
  const read = sseReader();
  const records: Json[] = [];
  for await (const chunk of splitAnywhere(stream, cuts)) {
    for (const event of read(chunk)) records.push(...[take(event)].filter((record) => record !== undefined));
  }
  expect(records.length).toBeLessThan(2);
  return records[0];
}

const blocks = fc.array(block, { maxLength: 4 });
const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 200 });

test("a stream, however it is cut, makes the message that the same call gives whole", async () => {
  await fc.assert(
    fc.asyncProperty(blocks, cuts, async (content, at) => {
      const message = messageOf(content);
      expect(await recordOf(text([...messageEvents(message)]), at)).toEqual(message);
    }),
  );
});

/** Moves events about as the API may: pings anywhere, and blocks that grow side by side once they have begun. */
function shuffled(events: readonly StreamEvent[], pick: () => number): StreamEvent[] {
  const inBlocks = events.filter(({ index }) => index !== undefined);
  const byBlock = new Map<unknown, StreamEvent[]>();
  for (const event of inBlocks) byBlock.set(event.index, [...(byBlock.get(event.index) ?? []), event]);
  const open = [...byBlock.values()].map((own) => own.slice(1));
  const mixed = [...byBlock.values()].map(([begin]) => begin as StreamEvent);
  for (let left = open.filter((own) => own.length > 0); left.length > 0; left = left.filter((own) => own.length > 0)) {
    if (pick() < 0.2) mixed.push({ type: "ping" });
    mixed.push(left[Math.floor(pick() * left.length)]?.shift() as StreamEvent);
  }
  const around = events.filter(({ index, type }) => index === undefined && type !== "ping");
  return [around[0] as StreamEvent, ...mixed, ...around.slice(1)];
}

test("blocks that grow side by side and pings anywhere make the same message", async () => {
  await fc.assert(
    fc.asyncProperty(
      blocks,
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (content, chance) => {
        const message = messageOf(content);
        const pick = () => chance.next().value as number;
        expect(await recordOf(text(shuffled([...messageEvents(message)], pick)), [])).toEqual(message);
      },
    ),
  );
});

test("a stream that is cut off makes no record", async () => {
  await fc.assert(
    fc.asyncProperty(blocks, fc.nat(), async (content, at) => {
      const stream = text([...messageEvents(messageOf(content))]);
      expect(await recordOf(stream.slice(0, at % (stream.length - 1)), [])).toBeUndefined();
    }),
  );
});

test("whatever the events are, it does not throw", () => {
  const event = fc.record({
    event: fc.constantFrom(...rule.steps.map(({ on }) => on), "message_stop", null),
    data: fc.oneof(fc.string(), fc.json(), fc.constantFrom('{"index":0}', '{"message":[]}', '{"delta":{"text":1}}')),
  });
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const { take } = assemble(rule);
      for (const one of events) take(one);
    }),
  );
});
