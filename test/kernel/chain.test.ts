import fc from "fast-check";
import { expect, test } from "vitest";
import { Chain, type Link } from "../../src/kernel/chain.ts";

class Thing implements Link<Thing> {
  chain: Chain<Thing> | null = null;
  before: Thing | null = null;
  after: Thing | null = null;
}

function inOrder(chain: Chain<Thing>): Thing[] {
  const all: Thing[] = [];
  for (let one = chain.first; one; one = one.after) all.push(one);
  return all;
}

test("keeps the order in which things were added, whoever leaves, and of one that left nothing", () => {
  const change = fc.record({ at: fc.nat(5), act: fc.constantFrom("add", "remove", "move") });
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const things = Array.from({ length: 6 }, () => new Thing());
      const [here, there] = [new Chain<Thing>(), new Chain<Thing>()];
      let order: Thing[] = [];
      for (const { at, act } of changes) {
        const one = things[at] as Thing;
        there.remove(one); // in no case is it in that one
        here.remove(one);
        order = order.filter((other) => other !== one);
        if (act !== "remove") here.add(one);
        if (act !== "remove") order.push(one);
        expect(inOrder(here)).toEqual(order);
        expect([here.size, here.first, there.size]).toEqual([order.length, order[0] ?? null, 0]);
        if (act === "remove") expect([one.chain, one.before, one.after]).toEqual([null, null, null]);
      }
    }),
  );
});
