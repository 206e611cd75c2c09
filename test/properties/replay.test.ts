import fc from "fast-check";
import { expect, test } from "vitest";
import { advance, quotaOf } from "../../src/delivery/replay/advance.ts";
import { startOf } from "../../src/delivery/replay/look.ts";
import type { Replay } from "../../src/model/replay.ts";

const limits = { limit: fc.integer({ min: 1, max: 2_000 }), rate: fc.integer({ min: 1, max: 1_000 }) };

function begun(more: Partial<Replay>): Replay {
  const statuses = ["failed"] as const;
  const request = { subscriptionId: "sub_1", statuses, types: null, since: null, until: 1, dryRun: false };
  const rest = {
    ...startOf({ statuses }),
    step: "count",
    total: 0,
    done: 0,
    capped: false,
    limit: 1,
    rate: 1,
  } as const;
  return { ...request, ...rest, ...more };
}

/** Goes through `there` of them to the end; gives the replay at its end and how many each look of `send` found. */
function toTheEnd(first: Replay, there: number): { replay: Replay; sent: number[] } {
  const sent: number[] = [];
  let replay = first;
  for (let looks = 0; looks < 10_000; looks++) {
    const from = Number(replay.after ?? 0);
    const found = Math.min(quotaOf(replay), there - from);
    expect(found).toBeGreaterThanOrEqual(0);
    if (replay.step === "send") sent.push(found);
    const next = from + found < there ? ({ source: "deliveries", after: String(from + found) } as const) : null;
    const after = advance(replay, found, next);
    if (after.isOver) return { replay: after.replay, sent };
    replay = after.replay;
  }
  throw new Error("it does not come to an end");
}

test("every replay ends, sends each once up to its limit, never more in one commit than in a second, and counts right", () => {
  fc.assert(
    fc.property(fc.nat(3_000), fc.record(limits), (there, asked) => {
      const { replay, sent } = toTheEnd(begun(asked), there);
      const meant = Math.min(there, asked.limit);
      expect(sent.reduce((sum, n) => sum + n, 0)).toBe(meant);
      expect(Math.max(0, ...sent)).toBeLessThanOrEqual(asked.rate);
      expect(replay).toMatchObject({ total: meant, done: meant, capped: there > asked.limit });
    }),
  );
});

test("a dry run only counts", () => {
  fc.assert(
    fc.property(fc.nat(3_000), fc.record(limits), (there, asked) => {
      const { replay, sent } = toTheEnd(begun({ ...asked, dryRun: true }), there);
      expect(sent).toEqual([]);
      expect(replay).toMatchObject({ total: Math.min(there, asked.limit), done: 0, capped: there > asked.limit });
    }),
  );
});
