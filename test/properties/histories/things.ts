import type { Connector } from "../../../src/manifest/connector.ts";
import { normalise } from "../../../src/manifest/normalise.ts";
import type { OperationSource } from "../../../src/manifest/schema/operation.ts";
import type { WebhookSource } from "../../../src/manifest/schema/resource.ts";

/** A record as the API gives it. `uid` is another for each life of an id; `views` is volatile. */
export interface Thing {
  id: string;
  uid: string;
  title: string;
  state: "open" | "done";
  /** ISO 8601. */
  expires_at: string | null;
  views: number;
}

export type Field = keyof Thing;

/** How the list is paged: by the id of the last record, by a token (which may be another each time), or by number. */
const PAGINGS = {
  id: { style: "cursor", param: "after", next: ["last_id"], hasMore: ["has_more"] },
  token: { style: "cursor", param: "token", next: ["next"] },
  offset: { style: "offset", param: "offset", hasMore: ["has_more"] },
  page: { style: "page", param: "page", hasMore: ["has_more"] },
} satisfies Record<string, OperationSource["pagination"]>;

export type Paging = keyof typeof PAGINGS;

/** What an author may change of the manifest while Tidewire is down. */
export interface Edition {
  key: "id" | "uid";
  /** The fields whose change is a change. */
  compared: readonly Field[];
  /** True: `things.ready` is declared too. */
  ready: boolean;
}

/** What stays. */
export interface Setting {
  paging: Paging;
  mode: "snapshot" | "head";
  /** Complete sweeps that must lack a thing. */
  polls: number;
}

export const BASE_URL = "https://things.example";
export const FULL_SWEEP_EVERY_MS = 10 * 60_000;
export const ALL_FIELDS = ["expires_at", "id", "state", "title", "uid"] as const satisfies Field[];

const IS_DONE = { field: ["state"], equals: "done" };

/** The connector of the things, as its manifest would say it. */
export function thingsConnector(setting: Setting, edition: Edition): Connector {
  const fields = ALL_FIELDS.map((name) => ({ name, type: "String" as const, selector: [name] }));
  const head = {
    track: { open: { field: ["state"], equals: "open" }, operation: "read" },
    fullSweepEvery: `${FULL_SWEEP_EVERY_MS / 60_000}m`,
  };
  return normalise({
    connector: {
      manifestVersion: 1,
      handle: "things-api",
      service: {
        baseURL: { value: BASE_URL },
        auth: { method: "api_token", name: "x-api-key", fields: [{ name: "apiKey" }] },
        retry: { max: 0 },
      },
    },
    resources: [
      {
        handle: "things",
        endpoint: { value: "/things" },
        key: [edition.key],
        fields: [...fields, { name: "views", type: "Integer", selector: ["views"], volatile: true }],
        operations: {
          list: { method: "GET", response: { records: ["data"] }, pagination: PAGINGS[setting.paging] },
          read: {
            method: "GET",
            path: { value: "/{{key}}", placeholders: [{ name: "key", type: "String", required: true }] },
          },
        },
        pollers: {
          main: {
            operation: "list",
            mode: setting.mode,
            fingerprint: { include: [...edition.compared] },
            absent: { polls: setting.polls },
            ...(setting.mode === "head" ? head : {}),
          },
        },
        webhooks: webhooks(edition),
      },
    ],
    whole: true,
    file: "connector.json",
    at: () => "connector.json:1:1",
  });
}

function webhooks({ ready }: Edition): WebhookSource[] {
  const on = (event: string, on: Extract<NonNullable<WebhookSource["source"]>, { type: "poll" }>["on"]) => ({
    event: `things.${event}`,
    source: { type: "poll" as const, poller: "main", on },
  });
  return [
    on("created", { change: "added" }),
    on("updated", { change: "changed" }),
    on("deleted", { change: "removed" }),
    on("done", { becomes: IS_DONE }),
    on("expired", { becomes: { field: ["expires_at"], before: "now" }, once: true }),
    ...(ready ? [on("ready", { becomes: IS_DONE, unseen: "ignore" })] : []),
  ];
}
