import { describe, expect, test } from "vitest";
import type { StoredItem } from "../../src/model/poller.ts";
import { judgeAbsence, markAbsent, markAlive, needsProof } from "../../src/triggers/absence.ts";

const RULE = { polls: 2, maxFraction: 0.5 };
const judge = (known: number, absent: number, heldReturned = 0) =>
  judgeAbsence({ known, absent, listed: known - absent, heldReturned }, RULE);
const item = (status: StoredItem["status"], absent: number): StoredItem => ({
  n: 7,
  key: "x",
  fingerprint: "f",
  record: {},
  states: {},
  absent,
  status,
});

describe("guards", () => {
  test("an empty listing and more than the fraction are held, from ten items on", () => {
    expect(judge(10, 10).hold).toBe(true);
    expect(judge(10, 6).hold).toBe(true);
    expect(judge(10, 5).hold).toBe(false);
    expect(judge(9, 9).hold).toBe(false);
  });

  test("an empty listing is held whatever the fraction allows", () => {
    const counts = { known: 10, absent: 10, listed: 0, heldReturned: 0 };
    expect(judgeAbsence(counts, { maxFraction: 1 }).hold).toBe(true);
  });

  test("held items stay held until some return and no guard trips", () => {
    expect(markAbsent(item("held", 1), judge(20, 3))).toBeNull();
    expect(markAbsent(item("held", 1), judge(20, 3, 9))).toMatchObject({ status: "suspect", absent: 2 });
    expect(markAbsent(item("held", 1), judge(20, 15, 2))).toBeNull();
  });
});

describe("proof", () => {
  test("is asked for after the declared number of complete sweeps", () => {
    const first = markAbsent(item("present", 0), judge(5, 1))!;
    expect(first).toMatchObject({ status: "suspect", absent: 1 });
    expect(needsProof(first, RULE)).toBe(false);
    const second = markAbsent({ n: 7, ...first }, judge(5, 1))!;
    expect(needsProof(second, RULE)).toBe(true);
    expect(needsProof(markAbsent(item("present", 0), judge(20, 20))!, { polls: 1 })).toBe(false);
  });

  test("an item that answers when read is present again", () => {
    expect(markAlive(item("suspect", 4))).toMatchObject({ status: "present", absent: 0 });
  });
});
