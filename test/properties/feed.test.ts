import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Desk } from "../delivery/desk.ts";
import { FeedReader } from "../events/feed.ts";

/** What happens to a log and its one reader. */
const happening = fc.oneof(
  fc.record({
    kind: fc.constant("tell" as const),
    types: fc.array(fc.constantFrom("files.created", "skills.created"), { maxLength: 70 }),
  }),
  fc.record({ kind: fc.constant("read" as const), count: fc.nat(60) }),
  fc.record({ kind: fc.constant("break" as const), lost: fc.nat(60) }),
  fc.record({ kind: fc.constant("beat" as const) }),
);

it("whatever breaks when, a reader that resumes gets each event once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { maxLength: 20 }),
      fc.constantFrom("", "files.*"),
      async (happenings, type) => {
        const desk = await Desk.open();
        const told: string[] = [];
        const received: string[] = [];
        let resumeAt = "start";
        let reader = await FeedReader.open(desk, { after: resumeAt, type });
        const read = async (count: number) => {
          const most = Math.min(count, told.length - received.length);
          const ids = (await reader.take(most)).filter((id) => id !== "heartbeat");
          received.push(...ids);
          if (ids.length > 0) resumeAt = reader.lastId ?? resumeAt;
        };
        for (const what of happenings) {
          if (what.kind === "tell") {
            // All of one turn are one commit.
            const events = await Promise.all(what.types.map((one) => desk.tell({ type: one })));
            told.push(...events.filter((one) => type === "" || one.type.startsWith("files.")).map(({ id }) => id));
          } else if (what.kind === "read") {
            await read(what.count);
          } else if (what.kind === "break") {
            // Sent, and lost on the way.
            await reader.take(Math.min(what.lost, told.length - received.length));
            await reader.leave();
            reader = await FeedReader.open(desk, { after: resumeAt, type });
          } else {
            await desk.clock.advance(15_000);
          }
        }
        while (received.length < told.length) await read(Number.POSITIVE_INFINITY);
        expect(received).toEqual(told);
        await desk.close();
      },
    ),
    { numRuns: 60 },
  );
});
