import { expect, test } from "vitest";
import { type Cancellation, Canceller } from "../../src/kernel/canceller.ts";

/** Everything that is listened to, in the words of an AbortController. */
const KINDS: Record<string, () => { signal: Cancellation; abort: (reason: unknown) => void }> = {
  "an AbortController": () => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
  },
  "a Canceller": () => {
    const canceller = new Canceller();
    return { signal: canceller, abort: (reason) => canceller.abort(reason) };
  },
};

test.each(Object.entries(KINDS))(
  "%s tells each of its listeners once, in their order, with the first reason",
  (_, make) => {
    const { signal, abort } = make();
    const told: unknown[] = [];
    const gone = () => told.push("gone");
    signal.addEventListener("abort", () => told.push([1, signal.reason]), { once: true });
    signal.addEventListener("abort", gone, { once: true });
    signal.addEventListener("abort", () => told.push([2, signal.aborted]), { once: true });
    signal.removeEventListener("abort", gone);
    signal.removeEventListener("abort", gone);
    expect([signal.aborted, signal.reason]).toEqual([false, undefined]);
    abort("first");
    abort("second");
    expect(told).toEqual([
      [1, "first"],
      [2, true],
    ]);
    expect([signal.aborted, signal.reason]).toEqual([true, "first"]);
  },
);

test.each(Object.entries(KINDS))("%s lets a listener leave while it tells another", (_, make) => {
  const { signal, abort } = make();
  const told: string[] = [];
  const second = () => told.push("second");
  signal.addEventListener("abort", () => signal.removeEventListener("abort", second), { once: true });
  signal.addEventListener("abort", second, { once: true });
  abort("now");
  expect(told).toEqual([]);
});
