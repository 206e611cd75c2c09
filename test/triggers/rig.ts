import { readConfig } from "../../src/config.ts";
import { ensureConnection } from "../../src/connections/ensure.ts";
import type { Context, Ports } from "../../src/context.ts";
import { createEmbeddedJobs } from "../../src/jobs/embedded.ts";
import { newId } from "../../src/kernel/ids.ts";
import { createLog } from "../../src/kernel/log.ts";
import { createVault, newVaultKey } from "../../src/kernel/vault.ts";
import type { Connector } from "../../src/manifest/connector.ts";
import { normalise } from "../../src/manifest/normalise.ts";
import type { OperationSource } from "../../src/manifest/schema/operation.ts";
import type { PollerSource, ResourceSource, WebhookSource } from "../../src/manifest/schema/resource.ts";
import type { ServiceSource } from "../../src/manifest/schema/service.ts";
import type { Actor } from "../../src/model/actor.ts";
import type { StoredEvent } from "../../src/model/event.ts";
import type { StoredPoller, Sweep } from "../../src/model/poller.ts";
import type { Subscription } from "../../src/model/subscription.ts";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { sweepNow } from "../../src/triggers/sweeps.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { subscription } from "../support/subscription.ts";
import { NotesApi } from "./notes-api.ts";

const DONE = { field: ["state"], equals: "done" };

export const EVENTS: WebhookSource[] = [
  { event: "notes.created", source: { type: "poll", poller: "main", on: { change: "added" } } },
  { event: "notes.updated", source: { type: "poll", poller: "main", on: { change: "changed" } } },
  { event: "notes.deleted", source: { type: "poll", poller: "main", on: { change: "removed" } } },
  { event: "notes.done", source: { type: "poll", poller: "main", on: { becomes: DONE, once: true } } },
];

/** A resource that can only be made: its event is that of the operation. */
const LETTERS: ResourceSource = {
  handle: "letters",
  endpoint: { value: "/letters" },
  fields: ["id", "to", "text"].map((name) => ({ name, type: "String" as const, selector: [name] })),
  operations: {
    create: {
      method: "POST",
      aliases: ["send_letter"],
      input: [
        { name: "to", type: "String", required: true, options: "notes.list" },
        { name: "text", type: "String", required: true },
        { name: "stamp", type: "Integer", enum: [1, 2] },
      ],
      body: { encoding: "json", passthrough: true },
    },
    recall: { method: "POST", path: { value: "/recall" }, unsupported: "letters cannot be called back" },
  },
  webhooks: [{ event: "letters.created", source: { type: "action", operation: "create" } }],
};

/** A resource that needs a credential that not every connection has. */
const AUDITS: ResourceSource = {
  handle: "audits",
  endpoint: { value: "/audits" },
  fields: [{ name: "id", type: "String", selector: ["id"] }],
  operations: {
    list: {
      method: "GET",
      auth: "admin",
      response: { records: ["data"] },
      pagination: { style: "none", reason: "short" },
    },
  },
  pollers: { main: { operation: "list" } },
  webhooks: [{ event: "audits.created", source: { type: "poll", poller: "main", on: { change: "added" } } }],
};

export interface NotesManifest {
  poller?: Partial<PollerSource>;
  /** Beside `main`. */
  pollers?: Record<string, PollerSource>;
  events?: WebhookSource[];
  key?: string;
  /** How the listing pages: by number unless told. */
  byId?: boolean;
  paging?: Paging;
  /** Where the records stand in an answer. */
  records?: (string | number)[];
  /** Further members of `service`. */
  service?: Partial<ServiceSource>;
}

type Paging = OperationSource["pagination"];
const BY_NUMBER: Paging = { style: "cursor", param: "page", next: ["next_page"] };
const BY_ID: Paging = { style: "cursor", param: "after", next: ["last_id"], hasMore: ["has_more"] };

/** The connector of the notes, as its manifest would say it. */
function notesConnector(manifest: NotesManifest = {}): Connector {
  const {
    poller = {},
    pollers = {},
    events = EVENTS,
    key = "id",
    byId = false,
    service = {},
    paging = byId ? BY_ID : BY_NUMBER,
    records = ["data"],
  } = manifest;
  const fields = ["id", "title", "state"].map((name) => ({ name, type: "String" as const, selector: [name] }));
  const path = { value: "/{{note_id}}", placeholders: [{ name: "note_id", type: "String" as const, required: true }] };
  return normalise({
    connector: {
      manifestVersion: 1,
      handle: "notes-api",
      service: {
        baseURL: { value: "https://notes.example" },
        auth: { method: "api_token", name: "x-api-key", fields: [{ name: "apiKey" }] },
        retry: { max: 0 },
        params: [{ name: "region", type: "String", enum: ["eu", "us"] }],
        auths: {
          admin: { method: "api_token", name: "x-admin", optional: true, fields: [{ name: "adminKey" }] },
        },
        capture: ["x-account"],
        probe: { operation: "notes.list", accountHeader: "x-account" },
        ...service,
      },
    },
    resources: [
      {
        handle: "notes",
        endpoint: { value: "/notes" },
        key: [key],
        fields: [...fields, { name: "views", type: "Integer", selector: ["views"], volatile: true }],
        operations: {
          list: {
            method: "GET",
            response: { records },
            pagination: paging,
          },
          read: { method: "GET", path },
        },
        pollers: { main: { operation: "list", schedule: { every: "1m" }, ...poller }, ...pollers },
        webhooks: events,
      },
      LETTERS,
      AUDITS,
    ],
    whole: true,
    file: "connector.json",
    at: () => "connector.json:1:1",
  });
}

export const DEFAULT_CONNECTION = {
  connector: "notes-api",
  name: "default",
  credentials: { apiKey: "k" },
  params: {},
  owner: "key_1",
};

/** The polling half of the product on a database in memory, over the scripted API. */
export class Rig {
  readonly clock = new ManualClock();
  readonly api = new NotesApi();
  readonly ports: Ports;
  #told = 0;

  private constructor(byId: boolean, ports: Omit<Ports, "clock" | "upstream" | "newId" | "jobs">) {
    const { clock, api } = this;
    api.byId = byId;
    const jobs = createEmbeddedJobs({ store: ports.store.jobs, clock, log: ports.log });
    this.ports = { ...ports, clock, upstream: api.http, newId: (prefix) => newId(prefix, clock.now()), jobs };
  }

  static async open(manifest: NotesManifest = {}, path = ":memory:"): Promise<Rig> {
    const policy = createTargetPolicy({ allowed: ["127.0.0.1"], code: "invalid_upstream" });
    const rig = new Rig(manifest.byId ?? false, {
      config: readConfig({}),
      random: minstd(),
      log: createLog("silent"),
      vault: createVault([newVaultKey()]),
      store: await openSqliteStore({ path }),
      targets: () => Promise.reject(new Error("nothing is delivered here")),
      targetPolicy: policy,
      upstreamPolicy: policy,
      connectors: [notesConnector(manifest)],
      bootId: "boot_1",
    });
    const wanted = {
      connector: "notes-api",
      name: "default",
      credentials: { apiKey: "k" },
      params: {},
      owner: "key_1",
    };
    await ensureConnection(rig.ports, wanted);
    return rig;
  }

  /** Goes on with a changed manifest, as after a restart. */
  edit(manifest: NotesManifest): void {
    this.ports.connectors = [notesConnector(manifest)];
  }

  async poller(): Promise<StoredPoller> {
    const [poller] = await this.ports.store.pollers.all();
    if (!poller) throw new Error("there is no poller");
    return poller;
  }

  /** A caller with these rights. */
  context(actor: Partial<Actor> = {}): Context {
    const root: Actor = { keyId: "key_1", name: "root", scopes: ["admin"], connections: null };
    return {
      ports: this.ports,
      actor: { ...root, ...actor },
      requestId: "req_1",
      signal: new AbortController().signal,
    };
  }

  /** A subscription that wants everything unless told, so that events make deliveries. */
  async subscribe(patch: Partial<Subscription> = {}): Promise<void> {
    const now = this.clock.now();
    const id = this.ports.newId("sub");
    await this.ports.store.subscriptions.create(subscription({ id, createdAt: now, updatedAt: now, ...patch }));
  }

  /** One sweep, a minute after the last. */
  async sweep(): Promise<Sweep> {
    await this.clock.advance(60_000);
    return sweepNow(this.ports, (await this.poller()).id);
  }

  /** What was told since the last call, oldest first: `notes.created n1`. */
  async told(): Promise<string[]> {
    return (await this.events()).map(({ type, data }) => `${type} ${(data as { id: string }).id}`);
  }

  async events(): Promise<StoredEvent[]> {
    const { items } = await this.ports.store.events.list({ limit: 10_000, connections: null });
    const fresh = items.filter((event) => event.seq > this.#told).reverse();
    this.#told = fresh.at(-1)?.seq ?? this.#told;
    return fresh;
  }

  /** A sweep, and what it told. */
  async sweeps(): Promise<string[]> {
    await this.sweep();
    return this.told();
  }

  close(): Promise<void> {
    return this.ports.store.close();
  }
}

/** Chance that is the same in every run (Park and Miller's generator). */
function minstd(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
