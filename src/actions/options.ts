import { selectRecord, selectValue } from "../engine/select.ts";
import { TidewireError } from "../kernel/errors.ts";
import { type Json, type JsonObject, textOf } from "../kernel/json.ts";
import { clampLimit, type Page, pageOf } from "../kernel/page.ts";
import type { Resource } from "../manifest/connector.ts";
import { suggestion } from "../manifest/nearest.ts";
import type { Actor } from "../model/actor.ts";
import type { Surface } from "../model/surface.ts";
import { operationOf } from "./find.ts";
import { cutPage, pageInput, placeOf } from "./list-page.ts";
import { type ActionPorts, runOperation } from "./run.ts";

/** Fields that people know a thing by, the best first. */
const LABELS = ["display_name", "title", "name", "label", "filename", "email"];

export interface OptionsRequest {
  connector: string;
  operation: string;
  input: string;
  connection?: string;
  limit?: number;
  cursor?: string;
  surface?: Surface | undefined;
  signal: AbortSignal;
}

/** A page of the choices of an operation's input, for a drop-down: its own, or the records of the list that the manifest names. */
export async function listOptions(
  ports: ActionPorts,
  actor: Actor,
  request: OptionsRequest,
): Promise<Page<JsonObject>> {
  const { surface, cursor, ...inside } = request;
  const limit = clampLimit(request.limit);
  const { operation } = operationOf(ports.connectors, request.connector, request.operation, surface);
  const param = operation.inputs.find((candidate) => candidate.name === request.input);
  if (param?.enum) {
    const page = pageOf(param.enum, { limit, ...(cursor === undefined ? {} : { cursor }) });
    return { ...page, items: page.items.map((choice) => ({ id: choice, name: textOf(choice) })) };
  }
  if (param?.options === undefined) {
    const names = operation.inputs.filter((p) => p.options ?? p.enum).map((p) => p.name);
    throw new TidewireError(
      "not_found",
      `"${operation.id}" has no input "${request.input}" with choices. ${suggestion(request.input, names)}`,
    );
  }
  const list = operationOf(ports.connectors, request.connector, param.options);
  const place = placeOf(cursor);
  const input = pageInput(list.operation, place, limit);
  const reply = await runOperation(ports, actor, { ...inside, operation: param.options, input, fields: "raw" });
  if (reply.kind !== "list") throw new TidewireError("manifest_invalid", `"${param.options}" is no list.`);
  const page = cutPage({ items: reply.value, nextCursor: reply.nextCursor }, place, limit);
  return { ...page, items: page.items.map((record) => choiceOf(list.resource, record)) };
}

function choiceOf(resource: Resource, record: Json): JsonObject {
  const id = selectValue(resource.key, record) ?? null;
  return { id, name: labelOf(resource, selectRecord(resource, record)) ?? textOf(id) };
}

function labelOf(resource: Resource, record: JsonObject): string | null {
  const known = LABELS.find((name) => resource.fields.some((f) => f.name === name) && typeof record[name] === "string");
  return known === undefined ? null : (record[known] as string);
}
