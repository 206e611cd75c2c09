import fc from "fast-check";
import { expect, test } from "vitest";
import { type OldEvent, planPrune } from "../../src/store/prune-plan.ts";

const START = { timestamp: 0, seq: 0 };
const log = fc
  .array(fc.record({ deliveries: fc.nat(30), pending: fc.constantFrom(0, 0, 1) }), { maxLength: 40 })
  .map((events) => events.map((event, n): OldEvent => ({ ...event, id: `evt_${n}`, timestamp: 1 + n, seq: 1 + n })));

test("steps of the retention never exceed their size, delete all that is old and keep what is pending", () => {
  fc.assert(
    fc.property(log, fc.integer({ min: 1, max: 20 }), (events, limit) => {
      const left = new Map(events.map((event) => [event.id, { ...event }]));
      let place = START;
      for (let steps = 0; ; steps++) {
        expect(steps).toBeLessThan(2_000);
        const old = [...left.values()].filter(({ seq }) => seq > place.seq).slice(0, limit);
        if (old.length === 0) break;
        const { whole, part, place: next } = planPrune(old, limit, place);
        expect(whole.reduce((rows, { deliveries }) => rows + 1 + deliveries, 0)).toBeLessThanOrEqual(limit);
        for (const { id, pending } of whole) {
          expect(pending).toBe(0);
          left.delete(id);
        }
        const partly = part && left.get(part.id);
        if (partly) {
          expect(whole).toEqual([]);
          partly.deliveries -= Math.min(limit, partly.deliveries);
        }
        place = next;
      }
      expect([...left.values()].every(({ pending }) => pending === 1)).toBe(true);
      expect(left.size).toBe(events.filter(({ pending }) => pending === 1).length);
    }),
  );
});
