import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BusyMap } from "../../src/kernel/busy-map.ts";

const key = fc.constantFrom("a", "b", "c", "d");
const change = fc.oneof(
  fc.record({ act: fc.constant("set" as const), key, value: fc.nat() }),
  fc.record({ act: fc.constant("delete" as const), key }),
  fc.record({ act: fc.constant("clear" as const) }),
);

test("holds what a Map holds, in its order, after whatever changes", () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const map = new Map<string, number>();
      const busy = new BusyMap<string, number>();
      for (const one of changes) {
        if (one.act === "set") map.set(one.key, one.value);
        if (one.act === "set") busy.set(one.key, one.value);
        if (one.act === "delete") expect(busy.delete(one.key)).toBe(map.delete(one.key));
        if (one.act === "clear") map.clear();
        if (one.act === "clear") busy.clear();
        expect(busy.size).toBe(map.size);
        expect([...busy]).toEqual([...map]);
        expect([...busy.keys()]).toEqual([...map.keys()]);
        expect([...busy.values()]).toEqual([...map.values()]);
        for (const name of ["a", "b", "c", "d"]) expect(busy.get(name)).toBe(map.get(name));
      }
    }),
  );
});

const MODULE = JSON.stringify(new URL("../../src/kernel/busy-map.ts", import.meta.url).href);

/** Prints by how many MB the old space grows while entries come and go, of which 200 are there at a time. */
const CHURN = (map: string) => `
  import { getHeapSpaceStatistics } from "node:v8";
  import { BusyMap } from ${MODULE};
  const old = () => getHeapSpaceStatistics().find((space) => space.space_name === "old_space").space_used_size / 2 ** 20;
  const map = new ${map}();
  const change = (n) => {
    map.set(n, Array.from({ length: 60 }, () => n));
    map.delete(n - 200);
  };
  for (let n = 0; n < 10_000; n++) change(n);
  gc({ type: "major", execution: "sync" }); // what the map is now grows old
  const before = old();
  for (let n = 10_000; n < 60_000; n++) change(n);
  console.log(JSON.stringify(old() - before));
`;

test("what was deleted does not outlive the nursery: of a Map that is old, all that was ever in it did", () => {
  const grownBy = (map: string) =>
    Number(
      execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", CHURN(map)], {
        encoding: "utf8",
      }),
    );
  expect(grownBy("BusyMap")).toBeLessThan(4);
  expect(grownBy("Map")).toBeGreaterThan(6); // else this would prove nothing
});
