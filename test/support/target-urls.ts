import { readFileSync } from "node:fs";

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
export const targetUrls = JSON.parse(
  readFileSync(new URL("../fixtures/target-urls.json", import.meta.url), "utf8"),
) as {
  rows: TargetRow[];
  dns: DnsRow[];
};
