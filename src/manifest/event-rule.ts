import type { Json } from "../kernel/json.ts";
import type { Field } from "./field.ts";
import type { Predicate } from "./predicate.ts";

export interface Poller {
  name: string;
  /** Name of a list operation of the same resource. */
  operation: string;
  input: Record<string, Json>;
  schedule: { everyMs: number } | { cron: string; timezone: string };
  mode: "snapshot" | "head";
  /** In `head` mode: which records may still change, and the operation that reads one of them again. */
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
  | { type: "inbound" };
