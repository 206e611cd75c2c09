import type { Connector } from "../src/manifest/connector.ts";
import { normalise } from "../src/manifest/normalise.ts";
import type { ResourceSource } from "../src/manifest/schema/resource.ts";

/** The five lists of an account. */
export const LISTS = ["boats", "crews", "docks", "locks", "tides"];
/** Records in each: small, as most lists are. */
const RECORDS = 20;
const EVERY = "1m";
export const EVERY_MS = 60_000;

/** A connector of the five, each looked at every minute for what is new, changed and gone. */
export function harbourConnector(): Connector {
  return normalise({
    connector: {
      manifestVersion: 1,
      handle: "harbour",
      service: {
        baseURL: { value: "https://harbour.example/v1" },
        auth: { method: "api_token", name: "x-api-key", fields: [{ name: "apiKey" }] },
      },
      paginations: { pages: { style: "cursor", param: "after_id", next: ["last_id"], hasMore: ["has_more"] } },
    },
    resources: LISTS.map(listed),
    whole: true,
    file: "connector.json",
    at: () => "connector.json:1:1",
  });
}

function listed(handle: string): ResourceSource {
  const path = { value: "/{{id}}", placeholders: [{ name: "id", type: "String" as const, required: true }] };
  return {
    handle,
    endpoint: { value: `/${handle}` },
    fields: ["id", "name", "state"].map((name) => ({ name, type: "String" as const, selector: [name] })),
    operations: {
      list: { method: "GET", response: { records: ["data"] }, pagination: "pages" },
      read: { method: "GET", path },
    },
    pollers: { main: { operation: "list", schedule: { every: EVERY } } },
    webhooks: ["created", "updated", "deleted"].map((what) => ({
      event: `${handle}.${what}`,
      source: { type: "poll", poller: "main", on: { change: CHANGES[what] ?? "added" } },
    })),
  };
}

const CHANGES: Record<string, "added" | "changed" | "removed"> = {
  created: "added",
  updated: "changed",
  deleted: "removed",
};

/** What the provider answers to a listing. */
export function listPage(): string {
  const data = Array.from({ length: RECORDS }, (_, n) => ({
    id: `rec_${String(n).padStart(6, "0")}`,
    name: `Record ${n} of a harbour`,
    state: n % 2 === 0 ? "open" : "done",
    created_at: "2026-11-20T08:00:00Z",
    tags: ["north", "south"],
  }));
  return JSON.stringify({ data, has_more: false, last_id: data.at(-1)?.id ?? null });
}
