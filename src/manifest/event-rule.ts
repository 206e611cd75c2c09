import type { Json } from "../kernel/json.ts";
import type { Field } from "./field.ts";
import type { Predicate } from "./predicate.ts";
import type { Selector } from "./select.ts";

/** When a poller runs: at a steady beat, or by a cron expression in a time zone. */
export type Beat = { everyMs: number } | { cron: string; timezone: string };

/** The beat, with the sooner one while an item is open and the slower one while nobody wants its events; null = no other. */
export type Schedule = Beat & { whileOpenMs: number | null; unwatchedMs: number | null };

export interface ForEach {
  /** `resource.operation`. */
  operation: string;
  /** Inputs of the poller's list, with where each one's value stands in the record above. */
  input: Record<string, Selector>;
}

export interface Poller {
  name: string;
  /** Name of a list operation of the same resource. */
  operation: string;
  input: Record<string, Json>;
  /** A list whose every record has a list of its own: this poller sweeps all of those as one. */
  forEach: ForEach | null;
  schedule: Schedule;
  mode: "snapshot" | "head";
  /** How its items are told apart: the resource's `key` unless it has one of its own. */
  key: Selector;
  /** Which records may still change, and the operation that reads one of them again in `head` mode. */
  track: { open: Predicate; operation: string } | null;
  /** In `head` mode: how often every page is fetched all the same. */
  fullSweepEveryMs: number;
  fingerprint: string[] | null;
  first: "baseline";
  absent: { polls: number; confirm: string | null; maxFraction: number; notFound: number[] };
  maxPages: number;
}

export interface EventRule {
  /** `files.created`. */
  type: string;
  description: string;
  path: string;
  /** Compile it with `payload.ts`, which knows `cases`. */
  payload: Field[];
  source: EventSource;
  /** A payload as it would be sent; null when the manifest has no sample of the record. */
  sample: Json | null;
}

export type EventSource =
  | { type: "poll"; poller: string; on: { change: "added" | "changed" | "removed" } }
  | { type: "poll"; poller: string; on: { becomes: Predicate; once: boolean; unseen: "emit" | "ignore" } }
  | { type: "action"; operation: string }
  /** `event` is what the provider calls it; `*` = all that no other event takes. */
  | { type: "inbound"; event: string };
