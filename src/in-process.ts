import { ROOT } from "./access/authenticate.ts";
import { runOperation } from "./actions/run.ts";
import { BUILT_IN } from "./catalog.ts";
import { invoke } from "./command.ts";
import type { Context, Ports } from "./context.ts";
import { TidewireError } from "./kernel/errors.ts";
import type { Json, JsonObject } from "./kernel/json.ts";
import type { Reply } from "./model/reply.ts";

/** What a program does with the product that it holds, with the root key's rights. */
export interface InProcess {
  /** Runs an operation; lists give their records. Throws TidewireError. */
  call(operation: string, input?: JsonObject, options?: CallOptions): Promise<Json>;
  /** Makes a subscription; the answer is that of `POST /v1/subscriptions`. */
  subscribe(subscription: JsonObject): Promise<Json>;
}

interface CallOptions {
  connection?: string;
  fields?: "selected" | "raw";
  signal?: AbortSignal;
}

/** The product's operations and subscriptions as plain functions, over its ports. */
export function inProcess(ports: Ports): InProcess {
  return {
    async call(name, input = {}, { connection, fields = "selected", signal = new AbortController().signal } = {}) {
      const [connector, operation] = qualified(ports.connectors, name);
      const request = { connector, operation, input, fields, signal };
      return valueOf(await runOperation(ports, ROOT, connection === undefined ? request : { ...request, connection }));
    },
    async subscribe(subscription) {
      const create = BUILT_IN.find((command) => command.name === "subscriptions.create");
      if (!create) throw new TidewireError("internal", "The catalog has no subscriptions.create.");
      const { signal } = new AbortController();
      const context: Context = { ports, actor: ROOT, requestId: ports.newId("req"), signal };
      return valueOf(await invoke(create, context, subscription));
    },
  };
}

/** `claude-api.files.list`, or `files.list` of the only connector that has it. */
function qualified(connectors: Ports["connectors"], name: string): [connector: string, operation: string] {
  const named = connectors.find(({ handle }) => name.startsWith(`${handle}.`));
  if (named) return [named.handle, name.slice(named.handle.length + 1)];
  const [only] = connectors;
  if (connectors.length === 1 && only) return [only.handle, name];
  throw new TidewireError(
    "not_found",
    `Say which connector "${name}" is of: ${connectors.map((c) => c.handle).join(", ")}.`,
  );
}

function valueOf(reply: Reply): Json {
  if (reply.kind === "value" || reply.kind === "list") return reply.value;
  throw new TidewireError("unsupported", "This operation streams; call it over HTTP.");
}
