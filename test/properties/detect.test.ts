import fc from "fast-check";
import { expect, test } from "vitest";
import type { StoredItem } from "../../src/model/poller.ts";
import { type DetectionRule, detect } from "../../src/triggers/detect.ts";
import type { Sighting } from "../../src/triggers/diff.ts";

const isOn = (record: unknown) => (record as { on: boolean }).on;

/** How often an item with this history of states is told of, sweep by sweep; `silent` sweeps come first. */
function tell(history: boolean[], silent: number, once: boolean, unseen: "emit" | "ignore"): number[] {
  const rules: DetectionRule[] = [{ type: "x.on", on: { becomes: isOn, once, unseen } }];
  let before: StoredItem | null = null;
  return history.map((on, sweep) => {
    const fingerprint = String(on);
    const kind = before === null ? "new" : before.fingerprint === fingerprint ? "same" : "changed";
    const sighting: Sighting = { kind, key: "x", record: { on }, fingerprint, before };
    const { changes, told } = detect([sighting], rules, sweep < silent, 0);
    if (changes[0]) before = { n: 1, ...changes[0].after };
    expect(changes.length).toBe(kind === "same" ? 0 : 1);
    return told.length;
  });
}

test("a transition is told where the state rises, once if so declared, and never of the baseline", () => {
  const history = fc.array(fc.boolean(), { minLength: 1, maxLength: 15, size: "max" });
  fc.assert(
    fc.property(
      history,
      fc.nat(3),
      fc.boolean(),
      fc.constantFrom("emit" as const, "ignore"),
      (states, silent, once, unseen) => {
        const rises = states.map((on, i) => on && i >= silent && (i === 0 ? unseen === "emit" : !states[i - 1]));
        const expected = once ? rises.map((rise, i) => rise && rises.indexOf(true) === i) : rises;
        expect(tell(states, silent, once, unseen)).toEqual(expected.map(Number));
      },
    ),
  );
});
