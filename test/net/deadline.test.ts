import { describe, expect, it } from "vitest";
import type { Cancellation } from "../../src/kernel/canceller.ts";
import { Deadline, withDeadline } from "../../src/net/deadline.ts";
import { HttpFailure } from "../../src/net/port.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { failureOf } from "./peer.ts";

const forever = () => new Promise<never>(() => {});

describe("withDeadline", () => {
  it("gives what ran, and leaves no timer and no listener behind", async () => {
    const clock = new ManualClock();
    const parent = new AbortController();
    let seen: Cancellation | undefined;
    const value = await withDeadline(clock, 1000, parent.signal, async (signal) => {
      seen = signal;
      return 7;
    });
    expect([value, clock.pending]).toEqual([7, 0]);
    parent.abort();
    expect(seen?.aborted).toBe(false);
  });

  it("passes on what was thrown, at once or later", async () => {
    const clock = new ManualClock();
    const mistake = new Error("mine");
    await expect(withDeadline(clock, 1000, undefined, () => Promise.reject(mistake))).rejects.toBe(mistake);
    const atOnce = (): Promise<never> => {
      throw mistake;
    };
    await expect(withDeadline(clock, 1000, undefined, atOnce)).rejects.toBe(mistake);
    expect(clock.pending).toBe(0);
  });

  it.each([
    [300, "There was no answer within 300 ms."],
    [15_000, "There was no answer within 15 s."],
    [1_500, "There was no answer within 1.5 s."],
  ])("ends what ignores its signal after %i ms", async (ms, message) => {
    const clock = new ManualClock();
    const outcome = failureOf(withDeadline(clock, ms, undefined, forever));
    await clock.advance(ms);
    expect(await outcome).toMatchObject({ kind: "timeout", message, maybeReceived: true });
    expect(clock.pending).toBe(0);
  });

  it("lets what heeds its signal say how far it came", async () => {
    const clock = new ManualClock();
    const outcome = withDeadline(clock, 10, undefined, (signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(new HttpFailure("timeout", "never sent", false)));
      return promise;
    });
    const failure = failureOf(outcome);
    await clock.advance(10);
    expect(await failure).toMatchObject({ message: "never sent", maybeReceived: false });
  });

  it("ends with its parent: as aborted, or with the parent's own deadline", async () => {
    const clock = new ManualClock();
    const gone = new AbortController();
    const aborted = failureOf(withDeadline(clock, 1000, gone.signal, forever));
    gone.abort();
    expect((await aborted).kind).toBe("aborted");

    const outer = failureOf(
      withDeadline(clock, 500, undefined, (signal) => withDeadline(clock, 1000, signal, forever)),
    );
    await clock.advance(500);
    expect(await outer).toMatchObject({ kind: "timeout", message: "There was no answer within 500 ms." });
    expect(clock.pending).toBe(0);
  });

  it("runs nothing when its parent has gone already", async () => {
    let ran = false;
    const outcome = withDeadline(new ManualClock(), 1000, AbortSignal.abort(), async () => {
      ran = true;
    });
    expect(await failureOf(outcome)).toMatchObject({ kind: "aborted", maybeReceived: false });
    expect(ran).toBe(false);
  });
});

describe("Deadline", () => {
  it("is over when its time is, or when it is closed never", async () => {
    const clock = new ManualClock();
    const open = new Deadline(clock, 1000);
    const closed = new Deadline(clock, 1000);
    closed.close();
    await clock.advance(1000);
    expect(open.signal.reason).toMatchObject({ kind: "timeout" });
    expect(closed.signal.aborted).toBe(false);
  });

  it("begins over when its parent is", () => {
    const reason = new Error("gone");
    expect(new Deadline(new ManualClock(), 1000, AbortSignal.abort(reason)).signal.reason).toBe(reason);
  });
});
