import { selectRecord, selectValue } from "../engine/select.ts";
import { TidewireError } from "../kernel/errors.ts";
import { type JsonObject, textOf } from "../kernel/json.ts";
import type { Resource } from "../manifest/connector.ts";
import { suggestion } from "../manifest/nearest.ts";
import type { Actor } from "../model/actor.ts";
import type { Surface } from "../model/surface.ts";
import { operationOf } from "./find.ts";
import { type ActionPorts, runOperation } from "./run.ts";

/** Fields that people know a thing by, the best first. */
const LABELS = ["display_name", "title", "name", "label", "filename", "email"];

export interface OptionsRequest {
  connector: string;
  operation: string;
  input: string;
  connection?: string;
  surface?: Surface | undefined;
  signal: AbortSignal;
}

/** The choices of an operation's input, for a drop-down: the first page of the list that the manifest names for it. */
export async function listOptions(ports: ActionPorts, actor: Actor, request: OptionsRequest): Promise<JsonObject[]> {
  const { surface, ...inside } = request;
  const { operation } = operationOf(ports.connectors, request.connector, request.operation, surface);
  const param = operation.inputs.find((candidate) => candidate.name === request.input);
  if (param?.enum) return param.enum.map((choice) => ({ id: choice, name: textOf(choice) }));
  if (param?.options === undefined) {
    const names = operation.inputs.filter((p) => p.options ?? p.enum).map((p) => p.name);
    throw new TidewireError(
      "not_found",
      `"${operation.id}" has no input "${request.input}" with choices. ${suggestion(request.input, names)}`,
    );
  }
  const { resource } = operationOf(ports.connectors, request.connector, param.options);
  const reply = await runOperation(ports, actor, { ...inside, operation: param.options, input: {}, fields: "raw" });
  if (reply.kind !== "list") throw new TidewireError("manifest_invalid", `"${param.options}" is no list.`);
  return reply.value.map((record) => {
    const id = selectValue(resource.key, record) ?? null;
    return { id, name: labelOf(resource, selectRecord(resource, record)) ?? textOf(id) };
  });
}

function labelOf(resource: Resource, record: JsonObject): string | null {
  const known = LABELS.find((name) => resource.fields.some((f) => f.name === name) && typeof record[name] === "string");
  return known === undefined ? null : (record[known] as string);
}
