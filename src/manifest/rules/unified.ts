import { type Json, textOf } from "../../kernel/json.ts";
import { DIRECTORY_MODELS, type DirectoryModel, type DirectoryVerb, namesOf, shapeOf } from "../../model/directory.ts";
import type { DirectoryChoice, DirectoryMapping, MappedField, Operation, Resource } from "../connector.ts";
import { predicateFields } from "../predicate.ts";
import { compileSelector } from "../select.ts";
import type { Path } from "../source.ts";
import { missing, operationReference, paramNames } from "./references.ts";
import type { Manifest, Rule, Spot } from "./rule.ts";

/** A model of the unified user directory, as it is mapped. */
interface ModelView {
  model: DirectoryModel;
  mapping: DirectoryMapping;
  path: Path;
}

/** A choice that runs an operation; `found` is null when there is no such operation. */
interface CallView extends ModelView {
  verb: DirectoryVerb;
  call: Extract<DirectoryChoice, { operation: string }>;
  found: { resource: Resource; operation: Operation } | null;
}

/** An operation, an input or a name of the request that is not there. */
const UNKNOWN: Rule = {
  id: "unified-reference",
  severity: "error",
  check: (manifest) => callViews(manifest).flatMap((view) => unknownNames(manifest, view)),
};

/** A mapping that could not do what it says. */
const UNFIT: Rule = {
  id: "unified-mapping",
  severity: "error",
  check: (manifest) => [
    ...modelViews(manifest).flatMap((view) => [...unfitModel(view), ...view.mapping.fields.flatMap(unfitValues(view))]),
    ...callViews(manifest).flatMap(unfitCall),
  ],
};

const FINDS_NOTHING: Rule = {
  id: "unified-finds-nothing",
  severity: "warning",
  check: (manifest) => modelViews(manifest).flatMap((view) => unfoundFields(manifest, view)),
};

export const UNIFIED_RULES: readonly Rule[] = [UNKNOWN, UNFIT, FINDS_NOTHING];

function modelViews({ connector }: Manifest): ModelView[] {
  return DIRECTORY_MODELS.flatMap((model) => {
    const mapping = connector.directory[model];
    return mapping === undefined ? [] : [{ model, mapping, path: ["unified", "user-directory", model] }];
  });
}

function callViews(manifest: Manifest): CallView[] {
  const operations = manifest.connector.resources.flatMap((resource) =>
    Object.values(resource.operations).map((operation) => ({ resource, operation })),
  );
  return modelViews(manifest).flatMap((view) =>
    Object.entries(view.mapping.verbs).flatMap(([verb, choices]) =>
      choices.flatMap((call, n): CallView[] => {
        if ("unsupported" in call) return [];
        const written = manifest.source.connector.unified?.["user-directory"]?.[view.model]?.operations?.[verb];
        const path = [...view.path, "operations", verb, ...(Array.isArray(written) ? [n] : [])];
        const found = operations.find(({ operation }) => operation.id === call.operation) ?? null;
        return [{ ...view, path, verb: verb as DirectoryVerb, call, found }];
      }),
    ),
  );
}

function unknownNames(manifest: Manifest, { model, verb, call, found, path }: CallView): Spot[] {
  const names = [...namesOf(model, verb)];
  const said = Object.entries(call.input).flatMap(([input, value]) => paramNames(value, [...path, "input", input]));
  const judged = call.when === null ? [] : predicateFields(call.when).map(([field]) => String(field));
  return [
    ...operationReference(manifest, null, [...path, "operation"], call.operation),
    ...(found === null ? [] : unknownInputs(call, found.operation, path)),
    ...said.flatMap(({ name, at }) => missing(null, at, `name in a request to ${verb} ${model},`, name, names)),
    ...judged.flatMap((name) =>
      missing(null, [...path, "when"], `name in a request to ${verb} ${model},`, name, names),
    ),
  ];
}

function unknownInputs({ input }: CallView["call"], { inputs, body }: Operation, path: Path): Spot[] {
  if (body?.encoding === "json" && body.passthrough) return [];
  const known = inputs.map((param) => param.name);
  return Object.keys(input).flatMap((name) => missing(null, [...path, "input", name], "input", name, known));
}

/** The verbs whose answer is a record that `get` can read again. */
const REREAD: readonly DirectoryVerb[] = ["create", "update", "archive"];

function unfitCall({ mapping, verb, call, found, path }: CallView): Spot[] {
  const at = { resource: null, path: [...path, "operation"] };
  if (call.reread && !REREAD.includes(verb))
    return [{ ...at, message: `\`reread\` has no meaning for \`${verb}\`.`, mend: "Take it out." }];
  if (call.reread && mapping.verbs.get === undefined)
    return [{ ...at, message: "`reread` needs a `get`, which is not mapped.", mend: "Map `get`, or take it out." }];
  if (found === null) return [];
  const { operation } = found;
  const spots: Spot[] = operation.inputs
    .filter((input) => input.required && input.default === undefined && call.input[input.name] === undefined)
    .map(({ name }) => ({
      ...at,
      message: `"${operation.id}" requires "${name}", which is not given.`,
      mend: `Say under \`input\` what it is, such as {"$param": "id"}.`,
    }));
  if ((operation.response.records !== null) !== (verb === "list")) {
    const message = verb === "list" ? `"${operation.id}" gives one record.` : `"${operation.id}" gives a list.`;
    spots.push({ ...at, message, mend: `Name an operation that ${verb === "list" ? "lists" : "gives one record"}.` });
  }
  if ((verb === "list" || verb === "get") && operation.kind !== "query")
    spots.push({ ...at, message: `"${operation.id}" changes something.`, mend: "Name an operation that only reads." });
  return spots;
}

function unfitModel({ model, mapping: { records, fields, verbs }, path }: ModelView): Spot[] {
  const at = { resource: null, path };
  const calls = Object.values(verbs)
    .flat()
    .some((choice) => "operation" in choice);
  if (records !== null && (verbs.list ?? verbs.get) !== undefined)
    return [{ ...at, message: "`records` are the whole list.", mend: "Take out `list` and `get`, or the records." }];
  if (records === null && Object.keys(verbs).length === 0)
    return [{ ...at, message: `"${model}" maps nothing.`, mend: "Name its `operations`, or give its `records`." }];
  if (calls && !fields.some((field) => field.name === "id"))
    return [{ ...at, message: 'There is no field "id".', mend: "Say where the id stands in a record." }];
  return [];
}

/** Of a field with fixed values: what it is mapped on must be one of them. */
function unfitValues({ model, path }: ModelView): (field: MappedField) => Spot[] {
  return ({ name, values, cases }) => {
    const allowed = shapeOf(model).fields[name]?.values;
    if (allowed === undefined) return [];
    const given: Json[] = [...Object.values(values ?? {}), ...(cases ?? []).map((one) => one.value)];
    const wrong = given.filter((value) => value !== null && !allowed.includes(textOf(value)));
    return wrong.map((value) => ({
      resource: null,
      path: [...path, "fields", name],
      message: `${JSON.stringify(value)} is no value of "${name}".`,
      mend: `Its values are ${allowed.map((one) => `"${one}"`).join(", ")}.`,
    }));
  };
}

/** A field that stands in none of the samples that there are. */
function unfoundFields(manifest: Manifest, { model, mapping, path }: ModelView): Spot[] {
  const samples = callViews(manifest)
    .filter((view) => view.model === model)
    .flatMap(({ found }) => found?.resource.sample ?? []);
  if (samples.length === 0) return [];
  return mapping.fields
    .filter(({ cases, join, selector, alternatives }) => {
      if (cases !== null) return false;
      const selects = [...(join ?? [selector]), ...alternatives].map(compileSelector);
      return !samples.some((sample) => selects.some((select) => select(sample) !== undefined));
    })
    .map(({ name }) => ({
      resource: null,
      path: [...path, "fields", name],
      message: `"${name}" is found in no sample of a record.`,
      mend: "Correct its selector, or take the field out: what an API does not have is null.",
    }));
}
