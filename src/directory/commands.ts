import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../command.ts";
import type { Context } from "../context.ts";
import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import {
  DIRECTORY_MODELS,
  type DirectoryField,
  type DirectoryModel,
  type DirectoryVerb,
  namesOf,
  shapeOf,
  verbsOf,
} from "../model/directory.ts";
import type { Reply } from "../model/reply.ts";
import { recordSchema } from "./record.ts";
import { runDirectory } from "./run.ts";

const BASE = "/v1/unified/user-directory";

const own = {
  connector: z.string().optional().describe("Handle of the connector; needed when several map the model."),
  connection: z.string().optional().describe("Name or id of the connection; needed when there are several."),
  remote_data: z
    .union([z.boolean(), z.enum(["true", "false"]).transform((given) => given === "true")])
    .default(false)
    .describe("true: each record carries the provider's own as `remote_data`."),
};

/** What a request of any verb comes to, once its input is checked. */
type Given = {
  connector?: string;
  connection?: string;
  remote_data: boolean;
  limit?: number;
  cursor?: string;
} & Record<string, unknown>;

/** Method, what stands after the model's path, and status of each verb. */
const HTTP: Record<DirectoryVerb, { method: Command["http"]["method"]; below: string; status?: number }> = {
  list: { method: "GET", below: "" },
  get: { method: "GET", below: "/:id" },
  create: { method: "POST", below: "", status: 201 },
  update: { method: "PATCH", below: "/:id" },
  delete: { method: "DELETE", below: "/:id" },
  archive: { method: "POST", below: "/:id/archive" },
};

const SUMMARIES: Record<DirectoryVerb, (model: DirectoryModel, noun: string) => string> = {
  list: (model) => `List ${model} of an account, in the shape that all connectors share.`,
  get: (_, noun) => `Read a ${noun} in the shape that all connectors share.`,
  create: (_, noun) => `Create a ${noun}, or invite or add one where that is the API's way.`,
  update: (_, noun) => `Change a ${noun}.`,
  delete: (_, noun) => `Delete a ${noun}; a second time answers as the first.`,
  archive: (_, noun) => `Archive a ${noun}: it stays readable.`,
};

const text = z.string().min(1);
const DELETED = {
  type: "object",
  properties: { id: { type: "string" }, deleted: { const: true } },
  required: ["id", "deleted"],
};

/** One command for each verb of each model of the unified user directory, named `directory.users.list`. */
export const commands: Command[] = DIRECTORY_MODELS.flatMap((model) =>
  verbsOf(model).map((verb) => directoryCommand(model, verb)),
);

function directoryCommand(model: DirectoryModel, verb: DirectoryVerb): Command {
  const { noun, path } = shapeOf(model);
  const { method, below, status } = HTTP[verb];
  return command({
    name: `directory.${model}.${verb}`,
    summary: SUMMARIES[verb](model, noun),
    scope: verb === "list" || verb === "get" ? "actions:read" : "actions:write",
    http: { method, path: `${BASE}${path}${below}`, ...(status === undefined ? {} : { status }) },
    input: inputOf(model, verb),
    output: verb === "delete" ? DELETED : recordSchema(model),
    async run(context, given) {
      const reply = await runVerb(context, model, verb, given);
      return verb === "create" ? withLocation(reply, model, given) : reply;
    },
  });
}

function inputOf(model: DirectoryModel, verb: DirectoryVerb): z.ZodType<Given> {
  const { fields, within } = shapeOf(model);
  const names = namesOf(model, verb).map((name) => {
    const schema = valueSchema(fields[name], verb).describe(fields[name]?.description ?? "");
    return [name, name === "id" || within.includes(name) ? schema : schema.optional()] as const;
  });
  const paging = verb === "list" ? PAGE_INPUT : {};
  return z.strictObject({ ...own, ...paging, ...Object.fromEntries(names) }) as unknown as z.ZodType<Given>;
}

function valueSchema(field: DirectoryField | undefined, verb: DirectoryVerb): z.ZodType<Json> {
  if (field?.type === "flag") return z.boolean();
  if (field?.type === "texts") return verb === "list" ? z.union([text, z.array(text)]) : z.array(text);
  return field?.values === undefined ? text : z.enum(field.values);
}

function runVerb(context: Context, model: DirectoryModel, verb: DirectoryVerb, given: Given): Promise<Reply> {
  const { connector, connection, remote_data: remoteData, limit, cursor, ...rest } = given;
  const set = Object.entries(rest).filter(([, value]) => value !== undefined);
  const values = Object.fromEntries(set) as JsonObject;
  return runDirectory(context, { model, verb, connector, connection, remoteData, values, limit, cursor });
}

/** Where what was created can be read. */
function withLocation(reply: Reply, model: DirectoryModel, given: Given): Reply {
  if (reply.kind !== "value" || !isObject(reply.value) || typeof reply.value.id !== "string") return reply;
  const path = shapeOf(model).path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(given[name])));
  const query = new URLSearchParams();
  for (const name of ["connector", "connection"] as const) if (given[name] !== undefined) query.set(name, given[name]);
  const which = query.size === 0 ? "" : `?${query.toString()}`;
  return { ...reply, headers: { location: `${BASE}${path}/${encodeURIComponent(reply.value.id)}${which}` } };
}
