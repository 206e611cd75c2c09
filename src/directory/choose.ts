import { connectorOf } from "../actions/find.ts";
import { compileTree } from "../engine/json-tree.ts";
import { oncePer } from "../engine/once-per.ts";
import { invalidInput, TidewireError } from "../kernel/errors.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Connector, DirectoryChoice, DirectoryMapping } from "../manifest/connector.ts";
import { compilePredicate, predicateFields } from "../manifest/predicate.ts";
import { type DirectoryModel, type DirectoryVerb, shapeOf } from "../model/directory.ts";

/** A connector and how it maps the model that is asked for. */
export interface Mapper {
  connector: Connector;
  model: DirectoryModel;
  mapping: DirectoryMapping;
}

/** A choice that runs an operation. */
export type DirectoryCall = Extract<DirectoryChoice, { operation: string }>;

const callOf = oncePer<DirectoryChoice, { holds: (values: JsonObject) => boolean; takes: readonly string[] }>();

/**
 * The connector that maps a model: the one that is named, else the only one that does. Throws `not_found`, `unsupported` when
 * it does not map it, and `invalid_input` when several do and none is named.
 */
export function mapperOf(connectors: readonly Connector[], model: DirectoryModel, handle: string | undefined): Mapper {
  const asked = handle === undefined ? connectors : [connectorOf(connectors, handle)];
  const mappers = asked.flatMap((connector) => {
    const mapping = connector.directory[model];
    return mapping === undefined ? [] : [{ connector, model, mapping }];
  });
  const [only, another] = mappers;
  if (only === undefined) {
    throw new TidewireError("unsupported", `${handle ?? "No connector"} does not map ${model} of the user directory.`);
  }
  if (another === undefined) return only;
  const names = mappers.map(({ connector }) => `"${connector.handle}"`).join(", ");
  const message = `is needed, because several connectors map ${model}: ${names}`;
  throw invalidInput([{ at: "connector", code: "required", message }]);
}

/**
 * What runs a verb for a request with these `values` (ids of the path, filters, fields to set). Throws `unsupported` with the
 * reason when the API has no way to do it, or none to take one of the values.
 */
export function callFor({ connector, model, mapping }: Mapper, verb: DirectoryVerb, values: JsonObject): DirectoryCall {
  const choices = mapping.verbs[verb];
  const can = `${connector.handle} cannot ${verb} ${verb === "list" ? model : `a ${shapeOf(model).noun}`}`;
  if (choices === undefined) {
    const why = mapping.records === null ? "its manifest maps no operation for it" : `its ${model} are fixed`;
    throw new TidewireError("unsupported", `${can}: ${why}.`);
  }
  const choice = choices.find((one) => compiled(one).holds(values));
  if (choice === undefined) throw new TidewireError("unsupported", `${can} with ${asWords(model, values)}.`);
  if ("unsupported" in choice) throw new TidewireError("unsupported", `${can}: ${choice.unsupported}`);
  const { takes } = compiled(choice);
  const left = givenFields(model, values).filter((name) => !takes.includes(name));
  if (left.length === 0) return choice;
  throw new TidewireError("unsupported", `${can} with ${left.join(", ")}: the API does not take it.`, {
    errors: left.map((at) => ({ at, code: "unsupported", message: "the API does not take it here" })),
  });
}

function compiled(choice: DirectoryChoice) {
  return callOf(choice, () => {
    const { when } = choice;
    const check = when === null ? null : compilePredicate(when);
    const judged = when === null ? [] : predicateFields(when).map(([name]) => String(name));
    const said = "operation" in choice ? compileTree(choice.input).names : [];
    // A request has no time of its own: there is nothing in it that a condition on "now" could judge.
    return { holds: (values: JsonObject) => check === null || check(values, 0), takes: [...said, ...judged] };
  });
}

/** What a request gives beside the ids of its path. */
function givenFields(model: DirectoryModel, values: Record<string, Json>): string[] {
  const { within } = shapeOf(model);
  return Object.keys(values).filter((name) => name !== "id" && !within.includes(name));
}

function asWords(model: DirectoryModel, values: JsonObject): string {
  const given = givenFields(model, values).map((name) => `${name} ${JSON.stringify(values[name])}`);
  return given.length === 0 ? "nothing more said" : given.join(" and ");
}
