import { operationOf } from "../actions/find.ts";
import { cutPage, pageInput, placeOf } from "../actions/list-page.ts";
import { runOperation } from "../actions/run.ts";
import { resolveAccount } from "../connections/resolve.ts";
import type { Context } from "../context.ts";
import { notFound, TidewireError } from "../kernel/errors.ts";
import { isObject, type Json, type JsonObject, textOf } from "../kernel/json.ts";
import { clampLimit, pageOf } from "../kernel/page.ts";
import { type DirectoryModel, type DirectoryVerb, shapeOf } from "../model/directory.ts";
import type { Reply } from "../model/reply.ts";
import { callFor, type DirectoryCall, type Mapper, mapperOf } from "./choose.ts";
import { inOurWords, operationInput } from "./input.ts";
import { directoryRecord } from "./record.ts";

/** A verb of a model, as a caller asks for it. */
export interface DirectoryRequest {
  model: DirectoryModel;
  verb: DirectoryVerb;
  /** Handle; needed when several connectors map the model. */
  connector: string | undefined;
  /** Name or id; see `resolveAccount` for what is taken without one. */
  connection: string | undefined;
  /** True: each record carries the provider's own as `remote_data`. */
  remoteData: boolean;
  /** Ids of the path, filters of a list, fields to set. */
  values: JsonObject;
  limit: number | undefined;
  cursor: string | undefined;
}

type ValueReply = Extract<Reply, { kind: "value" }>;

interface Run extends Mapper {
  context: Context;
  request: DirectoryRequest;
}

/**
 * Runs a verb of the unified user directory by the operation that the connector maps on it. Throws `unsupported` with the reason
 * where the API cannot do it, `invalid_input` in the request's own names, then what the operation throws.
 */
export async function runDirectory(context: Context, request: DirectoryRequest): Promise<Reply> {
  const { verb, values } = request;
  const mapper = mapperOf(context.ports.connectors, request.model, request.connector);
  const run: Run = { ...mapper, context, request };
  if (mapper.mapping.records !== null && (verb === "list" || verb === "get")) {
    return fixedRecords(run, mapper.mapping.records);
  }
  const call = callFor(mapper, verb, values);
  if (verb === "list") return listPage(run, call);
  return verb === "delete" ? remove(run, call) : oneRecord(run, call, values);
}

async function listPage(run: Run, call: DirectoryCall): Promise<Reply> {
  const { values, limit: asked, cursor } = run.request;
  const limit = clampLimit(asked);
  const place = placeOf(cursor);
  const paging = pageInput(foundFor(run, call).operation, place, limit);
  const reply = await callOperation(run, call, values, paging);
  if (reply.kind !== "list") throw notOfItsKind(call, "a list");
  const page = cutPage({ items: reply.value, nextCursor: reply.nextCursor }, place, limit);
  const known = idsOf(run, values);
  return { ...reply, value: page.items.map((raw) => view(run, raw, known)), nextCursor: page.nextCursor };
}

async function oneRecord(run: Run, call: DirectoryCall, values: JsonObject): Promise<Reply> {
  const reply = await callOperation(run, call, values);
  if (reply.kind !== "value") throw notOfItsKind(call, "one record");
  const known = idsOf(run, values);
  const record = view(run, reply.value, known);
  if (!call.reread) return { ...reply, value: record };
  if (record.id === null || record.id === undefined) {
    throw new TidewireError("upstream_invalid", `${call.operation}: the provider's answer has no id to read it by.`);
  }
  const ids = { ...known, id: record.id };
  return oneRecord(run, callFor(run, "get", ids), ids);
}

/** What is gone already is deleted: a second time answers as the first. */
async function remove(run: Run, call: DirectoryCall): Promise<Reply> {
  const { id } = run.request.values;
  const deleted: ValueReply = { kind: "value", value: { id: id ?? null, deleted: true } };
  try {
    const { meta } = await callOperation(run, call, run.request.values);
    return meta === undefined ? deleted : { ...deleted, meta };
  } catch (thrown) {
    const status = (thrown instanceof TidewireError && thrown.upstream?.status) || 0;
    const isGone = foundFor(run, call).operation.errors.notFound.includes(status);
    const isRefused = status >= 400 && status < 500;
    if (isGone || (isRefused && (await isDeleted(run)))) return deleted;
    throw thrown;
  }
}

/** True when it can be read and is deleted already, as an invite that stays to be seen. When it cannot, the refusal counts. */
async function isDeleted(run: Run): Promise<boolean> {
  try {
    const reply = await oneRecord(run, callFor(run, "get", run.request.values), run.request.values);
    return reply.kind === "value" && isObject(reply.value) && reply.value.status === "deleted";
  } catch (thrown) {
    if (thrown instanceof TidewireError) return false;
    throw thrown;
  }
}

/** Records that the manifest holds: they are every account's, but only whoever may use an account is told them. */
async function fixedRecords({ context, connector, request }: Run, all: readonly JsonObject[]): Promise<Reply> {
  const { ports, actor } = context;
  const { model, verb, values, connection, limit, cursor } = request;
  const { name, sandbox } = await resolveAccount(ports, connector, connection, actor);
  const meta = { connection: name, ...(sandbox ? { sandbox: true as const } : {}) };
  const shown = (record: JsonObject): JsonObject => (request.remoteData ? { ...record, remote_data: null } : record);
  if (verb === "list") {
    const matching = all.filter((record) =>
      shapeOf(model).filters.every((field) => passes(record[field], values[field])),
    );
    const page = pageOf(matching, { limit: clampLimit(limit), ...(cursor === undefined ? {} : { cursor }) });
    return { kind: "list", value: page.items.map(shown), nextCursor: page.nextCursor, meta };
  }
  const found = all.find((record) => record.id === values.id);
  if (found === undefined) throw notFound(shapeOf(model).noun, textOf(values.id ?? null));
  return { kind: "value", value: shown(found), meta };
}

function passes(value: Json | undefined, wanted: Json | undefined): boolean {
  return wanted === undefined || [wanted].flat().some((one) => [value].flat().includes(one));
}

function callOperation(run: Run, call: DirectoryCall, values: JsonObject, paging: JsonObject = {}): Promise<Reply> {
  const { context, connector, mapping, request } = run;
  const input = operationInput(mapping, call, foundFor(run, call).operation, values);
  return runOperation(context.ports, context.actor, {
    connector: connector.handle,
    operation: call.operation,
    connection: request.connection,
    input: { ...input, ...paging },
    text: true, // ids and filters are texts here, whatever the operation takes them as
    fields: "raw",
    signal: context.signal,
  }).catch((thrown: unknown) => {
    throw inOurWords(call, thrown);
  });
}

function foundFor({ context, connector }: Run, call: DirectoryCall) {
  return operationOf(context.ports.connectors, connector.handle, call.operation);
}

function view({ context, model, mapping, request }: Run, raw: Json, known: JsonObject): JsonObject {
  const record = directoryRecord(model, mapping, raw, known, context.ports.clock.now());
  return request.remoteData ? { ...record, remote_data: raw } : record;
}

/** The ids by which a request names what it is about. */
function idsOf({ model }: Run, values: JsonObject): JsonObject {
  const names = [...shapeOf(model).within, "id"];
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

function notOfItsKind(call: DirectoryCall, kind: string): TidewireError {
  return new TidewireError("manifest_invalid", `"${call.operation}" does not answer with ${kind}.`);
}
