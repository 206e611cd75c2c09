import { describe, expect, test } from "vitest";
import { missed, outOfOrder, repeatedWrongly, repeats, toldWrongly } from "./verdict.ts";
import type { Post } from "./witness.ts";

const post = (id: string, more: Partial<Post> = {}): Post => ({
  to: "/a",
  id,
  attempt: 1,
  life: 1,
  change: `change ${id}`,
  answered: 204,
  ...more,
});
const logged = (...ids: string[]) => ids.map((id) => ({ id, change: `change ${id}` }));
const one = () => 1;

/** A suite that never finds anything is worth nothing: each wrong that there can be is found. */
describe("the verdict", () => {
  test("finds a change that was told by no event, by two, or that never was", () => {
    const changes = new Set(["change 1", "change 2"]);
    expect(toldWrongly(changes, logged("1", "2"))).toEqual([]);
    expect(toldWrongly(changes, logged("1"))).toEqual(["change 2: told by no event"]);
    expect(toldWrongly(changes, [...logged("1", "2"), { id: "3", change: "change 2" }])).toEqual([
      "change 2: told under 2 ids",
    ]);
    expect(toldWrongly(changes, logged("1", "2", "3"))).toEqual(["change 3: told, but it never happened"]);
    expect(toldWrongly(changes, logged("1", "2", "3"), new Set(["change 3"]))).toEqual([]);
  });

  test("finds what a subscriber never took, refused to the end, or was told otherwise", () => {
    expect(missed("/a", logged("1"), [post("1", { answered: 500 }), post("1", { attempt: 2 })])).toEqual([]);
    for (const wrong of [post("1", { answered: 500 }), post("1", { to: "/b" }), post("1", { change: "other" })]) {
      expect(missed("/a", logged("1"), [wrong])).toEqual(["/a missed 1 (change 1)"]);
    }
  });

  test("allows a try to be made again in another life, as often as tries can have been under way, and no more", () => {
    const again = [post("1"), post("1", { life: 2 })];
    expect(repeatedWrongly(again, one)).toEqual([]);
    expect(repeats(again)).toBe(1);
    const two = [...again, post("2"), post("2", { life: 2 })];
    expect(repeatedWrongly(two, one)).toEqual([
      "/a at the end of life 1: 2 were made again, and 1 can have been under way",
    ]);
    expect(repeatedWrongly([post("1"), post("1")], one)).toEqual(["/a 1 try 1: made twice in one life"]);
  });

  test("allows a further try only of one that was refused", () => {
    const further = post("1", { attempt: 2 });
    expect(repeatedWrongly([post("1", { answered: 500 }), further], one)).toEqual([]);
    expect(repeatedWrongly([post("1"), further], one)).toEqual(["/a 1 try 2: the one before had been taken"]);
    expect(repeatedWrongly([further], one)).toEqual(["/a 1 try 2: there was no try before it"]);
  });

  test("finds what overtook another of its lane", () => {
    const posts = [post("2"), post("1")];
    expect(outOfOrder("/a", logged("1", "2"), posts)).toEqual(["/a: 1 (change 1) came after 2 (change 2)"]);
    expect(outOfOrder("/a", logged("1", "2"), posts, ({ id }) => id)).toEqual([]);
    expect(outOfOrder("/a", logged("1", "2"), [post("1"), post("1", { life: 2 }), post("2")])).toEqual([]);
  });
});
