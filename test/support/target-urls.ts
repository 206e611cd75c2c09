import { fixture } from "./fixture.ts";

/** An address, and whether it may be called. */
export interface TargetRow {
  cls: string;
  url: string;
  expect: "accept" | "reject";
  reason: string;
}

/** What a resolver answers for a name, and whether that may be called. */
export interface DnsRow {
  name: string;
  answers: string[];
  expect: string;
}

/** The recorded cases of who may be called. */
export const targetUrls = fixture("target-urls") as {
  rows: TargetRow[];
  dns: DnsRow[];
};
