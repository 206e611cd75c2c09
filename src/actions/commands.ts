import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../command.ts";
import type { Context } from "../context.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import { clampLimit, pageOf } from "../kernel/page.ts";
import type { Connector, Operation, Resource } from "../manifest/connector.ts";
import { inputSchema } from "../manifest/inputs.ts";
import { outputSchema } from "../manifest/outputs.ts";
import { operationsOf } from "../manifest/triggers.ts";
import type { Reply } from "../model/reply.ts";
import { CONNECTOR_SCHEMA } from "./connector-schema.ts";
import { connectorOf, operationOf } from "./find.ts";
import { acceptRun } from "./jobs/accept.ts";
import { offerConnector } from "./offer.ts";
import { listOptions } from "./options.ts";
import { withPage } from "./page-input.ts";
import { runOperation, scopeOf } from "./run.ts";

const connection = z.string().optional().describe("Name or id of the connection; needed when there are several.");
const fields = z
  .enum(["selected", "raw"])
  .default("selected")
  .describe("`selected`: the manifest's fields; `raw`: the provider's own record.");
const RESULT_SCHEMA: JsonSchema = { description: "The operation's own output; see GET /v1/connectors/{connector}." };

const list = command({
  name: "connectors.list",
  summary: "List the connectors with their operations and events.",
  scope: null,
  http: { method: "GET", path: "/v1/connectors" },
  input: z.strictObject({ ...PAGE_INPUT }),
  output: CONNECTOR_SCHEMA,
  async run(context, { limit, cursor }) {
    const { items, nextCursor } = pageOf(context.ports.connectors, { limit: clampLimit(limit), cursor });
    const value = await Promise.all(items.map((connector) => offerConnector(context, connector)));
    return { kind: "list", value, nextCursor };
  },
});

const get = command({
  name: "connectors.get",
  summary: "Read a connector: what it needs, its operations and its events.",
  scope: null,
  http: { method: "GET", path: "/v1/connectors/:connector" },
  input: z.strictObject({
    connector: z.string(),
    connection: z.string().optional().describe("Name or id of the connection that `available` is told of."),
  }),
  output: CONNECTOR_SCHEMA,
  run: async (context, { connector, connection }) => ({
    kind: "value",
    value: await offerConnector(context, connectorOf(context.ports.connectors, connector), connection),
  }),
});

const operationInput = z.strictObject({
  connector: z.string(),
  operation: z.string().describe("`files.upload`, or an alias."),
  connection,
  fields,
  // Judged against the operation itself, so it is not walked here.
  input: z.unknown().default({}).meta({ type: "object", description: "The operation's own input." }),
  text: z.boolean().optional().describe("True when the values of the input are texts that stand for their types."),
  respond_async: z.boolean().optional().describe("True: answer at once with a job that runs it."),
});

/** Runs an operation, or stores it to be run when the caller would rather not wait. */
function runOrAccept(
  { ports, actor, signal, surface }: Context,
  input: z.infer<typeof operationInput>,
): Promise<Reply> {
  return (input.respond_async ? acceptRun : runOperation)(ports, actor, { ...input, signal, surface });
}

const run = command({
  name: "operations.run",
  summary: "Run an operation of a connector; the body is its input.",
  scope: null, // the operation's kind decides, in runOperation
  http: {
    method: "POST",
    path: "/v1/connectors/:connector/operations/:operation",
    bodyAs: "input",
    asyncAs: "respond_async",
  },
  input: operationInput.extend(PAGE_INPUT),
  output: RESULT_SCHEMA,
  run(context, { limit, cursor, ...request }) {
    if (limit === undefined && cursor === undefined) return runOrAccept(context, request);
    const { operation } = operationOf(context.ports.connectors, request.connector, request.operation, context.surface);
    return runOrAccept(context, { ...request, input: withPage(operation, request.input, { limit, cursor }) });
  },
});

const query = command({
  name: "operations.query",
  summary: "Run an operation that only reads; the query string is its input.",
  scope: "actions:read",
  http: {
    method: "GET",
    path: "/v1/connectors/:connector/operations/:operation",
    bodyAs: "input",
    asyncAs: "respond_async",
  },
  input: operationInput,
  output: RESULT_SCHEMA,
  async run(context, request) {
    const { operation } = operationOf(context.ports.connectors, request.connector, request.operation, context.surface);
    if (operation.kind === "query") return runOrAccept(context, request);
    throw new TidewireError("method_not_allowed", `"${operation.id}" changes something; call it with POST.`, {
      allow: ["POST"],
    });
  },
});

const options = command({
  name: "options.list",
  summary: "List the choices of an operation's input, for a drop-down.",
  scope: "actions:read",
  http: { method: "GET", path: "/v1/options/:connector/:operation/:input" },
  input: z.strictObject({
    connector: z.string(),
    operation: z.string(),
    input: z.string(),
    connection,
    ...PAGE_INPUT,
  }),
  output: { type: "object", properties: { id: {}, name: { type: "string" } }, required: ["id", "name"] },
  async run({ ports, actor, signal, surface }, request) {
    const { items, nextCursor } = await listOptions(ports, actor, { ...request, signal, surface });
    return { kind: "list", value: items, nextCursor };
  },
});

/** One Command for each operation of each connector, named `claude-api.files.upload`; its input stands beside `connection` and `fields`. */
export function operationCommands(connectors: readonly Connector[]): Command[] {
  return connectors.flatMap((connector) =>
    operationsOf(connector).map(({ resource, operation }) => operationCommand(connector, resource, operation)),
  );
}

function operationCommand({ handle }: Connector, resource: Resource, operation: Operation): Command {
  const own = z.looseObject({ connection, fields });
  return command({
    name: `${handle}.${operation.id}`,
    summary: operation.description,
    scope: scopeOf(operation),
    http: { method: "POST", path: `/v1/connectors/${handle}/operations/${operation.id}` },
    input: own.meta(flatSchema(own, operation)),
    output: outputSchema(operation, resource),
    run: ({ ports, actor, signal, surface }: Context, { connection: named, fields: wanted, ...input }) =>
      runOperation(ports, actor, {
        connector: handle,
        operation: operation.id,
        connection: named,
        fields: wanted,
        input,
        signal,
        surface,
      }),
  });
}

/** The operation's own schema with the members that go beside it: what JSON Schema shows in place of "any object". */
function flatSchema(own: z.ZodType, operation: Operation): JsonSchema {
  const ours = z.toJSONSchema(own, { io: "input" }) as { properties: JsonObject };
  const schema = inputSchema(operation);
  return { ...schema, properties: { ...ours.properties, ...(schema.properties as JsonObject) } };
}

export const commands: Command[] = [list, get, run, query, options];
