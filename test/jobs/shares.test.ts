import { describe, expect, it } from "vitest";
import { newGroup } from "../../src/jobs/group.ts";
import { Turns } from "../../src/jobs/turns.ts";

/** Turns in which each group waits again as soon as it was served, as one does that has thousands to send. */
class Table {
  readonly turns: Turns;
  readonly running: Record<string, number> = {};

  constructor(most: number) {
    this.turns = new Turns(most);
  }

  add(name: string, share: string | null): void {
    this.turns.add(newGroup(name), share);
  }

  /** Begins all that may begin, each of which stays under way. */
  fill(shareOf: (group: string) => string): Record<string, number> {
    for (let group = this.turns.next(); group; group = this.turns.next()) {
      const share = shareOf(group.name);
      this.turns.begin(share);
      this.running[share] = (this.running[share] ?? 0) + 1;
      this.turns.add(group, share);
    }
    return this.running;
  }
}

const host = (group: string) => group.split("/")[0] ?? "";

describe("shares", () => {
  it("give one host half of all runs, however many subscriptions it has", () => {
    const table = new Table(64);
    for (let n = 0; n < 100; n++) table.add(`slow/${n}`, "slow");
    expect(table.fill(host)).toEqual({ slow: 32 });
    table.add("well/1", "well");
    expect(table.turns.next()?.name).toBe("well/1");
  });

  it("give hosts that hang equal parts, and leave as much for one that comes later", () => {
    const table = new Table(64);
    for (const name of ["a", "b", "c"]) table.add(`${name}/1`, name);
    expect(table.fill(host)).toEqual({ a: 16, b: 16, c: 16 });
  });

  it("leave a slot for a newcomer beside more hosts that hang than there are slots for two each", () => {
    const table = new Table(64);
    for (let n = 0; n < 40; n++) table.add(`${n}/1`, String(n));
    const running = Object.values(table.fill(host));
    expect(running.reduce((sum, one) => sum + one, 0)).toBe(63);
    expect(Math.max(...running)).toBe(2);
    table.add("well/1", "well");
    expect(table.turns.next()?.name).toBe("well/1");
  });

  it("let the host with the least under way go first", () => {
    const table = new Table(64);
    for (let n = 0; n < 5; n++) table.turns.begin("busy");
    table.add("busy/1", "busy");
    table.add("calm/1", "calm");
    expect([table.turns.next()?.name, table.turns.next()?.name]).toEqual(["calm/1", "busy/1"]);
  });

  it("let the groups of a share take turns", () => {
    const table = new Table(8);
    for (const name of ["a", "b", "c"]) table.add(name, "one");
    const order = Array.from({ length: 6 }, () => {
      const group = table.turns.next();
      if (group) table.turns.add(group, "one");
      return group?.name;
    });
    expect(order).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  it("move a group that waits to another share, and keep no part for it in the old one", () => {
    const turns = new Turns(4);
    const group = newGroup("a");
    turns.add(group, "host");
    turns.add(group, "failing");
    turns.begin("failing");
    turns.begin("failing");
    expect(turns.next()).toBeUndefined();
    turns.end("failing");
    expect(turns.next()).toBe(group);
    expect(turns.isEmpty).toBe(true);
  });

  it("hold groups that share nothing to no part", () => {
    const turns = new Turns(3);
    turns.add(newGroup("a"), null);
    turns.begin(null);
    turns.begin(null);
    expect(turns.next()?.name).toBe("a");
    turns.begin(null);
    turns.add(newGroup("b"), null);
    expect(turns.next()).toBeUndefined();
  });
});
