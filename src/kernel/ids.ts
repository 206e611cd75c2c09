import { monotonicFactory } from "ulid";
import { secureFraction } from "./random.ts";

/** The prefix says what an id names; the rest is a ULID, so ids of one kind sort by the time they were made. */
export type IdPrefix = "evt" | "sub" | "dlv" | "att" | "con" | "key" | "job" | "req" | "pol" | "swp";

const nextUlid = monotonicFactory(secureFraction);

/** A new id such as `evt_01J9…`; later ids of one process sort after earlier ones, within a millisecond too. */
export function newId(prefix: IdPrefix, nowMs: number): string {
  return `${prefix}_${nextUlid(nowMs)}`;
}

/** Makes ids by a given clock. */
export type NewId = (prefix: IdPrefix) => string;
