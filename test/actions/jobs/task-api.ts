import type { Json } from "../../../src/kernel/json.ts";
import type { Connector } from "../../../src/manifest/connector.ts";
import { normalise } from "../../../src/manifest/normalise.ts";
import type { AsyncSource } from "../../../src/manifest/schema/async.ts";
import type { Http, HttpResponse } from "../../../src/net/port.ts";
import { bodyOf } from "../../support/http-body.ts";

/** The connector of an API of tasks that take a while: nothing of it may be sent twice but what only reads. */
export function taskConnector(rule: Partial<AsyncSource> = {}): Connector {
  const id = { name: "task_id", type: "String" as const, required: true };
  const path = (rest: string) => ({ value: `/{{task_id}}${rest}`, placeholders: [id] });
  return normalise({
    connector: {
      manifestVersion: 1,
      handle: "tasks-api",
      service: {
        baseURL: { value: "https://tasks.example" },
        auth: { method: "bearer", fields: [{ name: "apiKey" }] },
        retry: { max: 0 },
      },
    },
    resources: [
      {
        handle: "tasks",
        endpoint: { value: "/tasks" },
        fields: ["id", "state"].map((name) => ({ name, type: "String" as const, selector: [name] })),
        operations: {
          list: { method: "GET", pagination: { style: "none", reason: "few" } },
          create: {
            method: "POST",
            input: [{ name: "title", type: "String", required: true }],
            body: { encoding: "json" },
            async: {
              read: "read",
              field: ["state"],
              done: ["done", "stopped"],
              failed: ["broken"],
              cancel: "cancel",
              results: "results",
              progress: ["share"],
              every: "10s",
              upTo: "1m",
              within: "1h",
              ...rule,
            },
          },
          read: { method: "GET", path: path("") },
          cancel: { method: "POST", path: path("/cancel"), effect: "cancel" },
          halt: { method: "POST", path: path("/cancel"), effect: "cancel", idempotent: true },
          results: { method: "GET", path: path("/results"), response: { type: "jsonl" } },
          ping: { method: "POST", path: { value: "/ping" } },
          count: { method: "GET", path: { value: "/count" } },
        },
      },
    ],
    whole: true,
    file: "connector.json",
    at: () => "connector.json:1:1",
  });
}

/** The API itself. A task is done after so many reads, unless it is stopped before. */
export class TaskApi {
  readsUntilDone = 3;
  /** `GET /tasks/t1`, in the order they were received. */
  received: string[] = [];
  /** What a request is answered with instead; undefined lets it be. */
  fault: (request: string) => { status: number; body?: Json } | undefined = () => undefined;
  endState = "done";
  #reads = 0;
  #isStopped = false;

  /** As if it were new. */
  reset(): void {
    this.received = [];
    this.#reads = 0;
    this.#isStopped = false;
  }

  count(request: string): number {
    return this.received.filter((one) => one === request).length;
  }

  readonly http: Http = async ({ method, url }) => {
    const request = `${method} ${new URL(url).pathname}`;
    this.received.push(request);
    const { status, body } = this.fault(request) ?? { status: 200, body: this.#answer(request) };
    return respond(status, JSON.stringify(body ?? {}));
  };

  #answer(request: string): Json {
    if (request === "POST /tasks") return { id: "t1", state: "open", share: 0 };
    if (request === "POST /tasks/t1/cancel") this.#isStopped = true;
    else if (request === "GET /tasks/t1") this.#reads++;
    else return { path: request };
    if (this.#isStopped) return { id: "t1", state: "stopped", share: this.#reads };
    return { id: "t1", state: this.#reads < this.readsUntilDone ? "open" : this.endState, share: this.#reads };
  }
}

function respond(status: number, text: string): HttpResponse {
  return { status, headers: { "content-type": "application/json" }, body: bodyOf(text) };
}
