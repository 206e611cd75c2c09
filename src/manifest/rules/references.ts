import type { Json } from "../../kernel/json.ts";
import { isObject } from "../../kernel/json.ts";
import { suggestion } from "../nearest.ts";
import { WHOLE_INPUT } from "../schema/operation.ts";
import type { PaginationSource } from "../schema/pagination.ts";
import {
  type Manifest,
  type OperationView,
  operationViews,
  type ResourceView,
  type Rule,
  resourcesOf,
  type Spot,
} from "./rule.ts";

/** A name with where it stands, below the operation's key. */
interface Place {
  name: string;
  at: (string | number)[];
}

/** A name that leads nowhere. */
const DANGLING: Rule = {
  id: "dangling-reference",
  severity: "error",
  check: (manifest) => [
    ...serviceReferences(manifest),
    ...resourcesOf(manifest).flatMap((view) => [
      ...authReference(manifest, view.index, ["auth"], view.source.auth),
      ...parentReference(manifest, view),
      ...pollerReferences(manifest, view),
      ...eventReferences(view),
    ]),
    ...operationViews(manifest).flatMap((view) => operationReferences(manifest, view)),
  ],
};

/** A choice list, or a probe, that is not what it must be. */
const NOT_A_LIST: Rule = {
  id: "not-a-list",
  severity: "error",
  check: (manifest) =>
    resourcesOf(manifest).flatMap(({ index, resource }) =>
      Object.values(resource.pollers).flatMap((poller): Spot[] => {
        const operation = resource.operations[poller.operation];
        if (operation === undefined || operation.response.records !== null) return [];
        return [
          {
            resource: index,
            path: ["pollers", poller.name, "operation"],
            message: `A poller needs an operation that lists; "${poller.operation}" gives one record.`,
            mend: "Name a list, or say where the records stand with `response.records`.",
          },
        ];
      }),
    ),
};

/** A removal is proved by reading the item by its key: the operation that does must take just that. */
const CONFIRM_INPUT: Rule = {
  id: "confirm-input",
  severity: "error",
  check: (manifest) =>
    resourcesOf(manifest).flatMap(({ index, resource }) =>
      Object.values(resource.pollers).flatMap((poller): Spot[] => {
        const confirm = poller.absent.confirm === null ? undefined : resource.operations[poller.absent.confirm];
        const given = [...Object.keys(poller.input), ...Object.keys(poller.forEach?.input ?? {})];
        const left = confirm?.inputs.filter((input) => input.required && !given.includes(input.name));
        if (confirm === undefined || left?.length === 1) return [];
        return [
          {
            resource: index,
            path: ["pollers", poller.name, "absent", "confirm"],
            message: `"${confirm.name}" cannot confirm that an item is gone: it must have one required input beside those of the poller, the item's key.`,
            mend: "Name an operation that reads one item by its key; where that stands in no path, set `required` on the input.",
          },
        ];
      }),
    ),
};

export const REFERENCE_RULES: readonly Rule[] = [DANGLING, NOT_A_LIST, CONFIRM_INPUT];

function serviceReferences(manifest: Manifest): Spot[] {
  const { service } = manifest.source.connector;
  const probe = operationReference(manifest, null, ["service", "probe", "operation"], service.probe?.operation);
  const params = (service.params ?? []).flatMap((param, n) =>
    operationReference(manifest, null, ["service", "params", n, "options"], param.options),
  );
  const auths = Object.entries(service.auths ?? {}).flatMap(([name, auth]) =>
    operationReference(manifest, null, ["service", "auths", name, "probe"], auth.probe),
  );
  return [...probe, ...auths, ...params];
}

function operationReferences(manifest: Manifest, view: OperationView): Spot[] {
  const { index, path, operationSource: source, operation } = view;
  const inputs = operation.inputs.map((input) => input.name);
  const options = (source.input ?? []).flatMap((input, n) =>
    operationReference(manifest, index, [...path, "input", n, "options"], input.options),
  );
  const placeholders = (source.path?.placeholders ?? []).flatMap((input, n) =>
    operationReference(manifest, index, [...path, "path", "placeholders", n, "options"], input.options),
  );
  return [
    ...authReference(manifest, index, [...path, "auth"], source.auth),
    ...paginationReference(manifest, view, source.pagination),
    ...options,
    ...placeholders,
    ...bodyNames(view).flatMap(({ name, at }) => missing(index, [...path, "body", ...at], "input", name, inputs)),
    ...aliasNames(view).flatMap(({ name, at }) => missing(index, [...path, "aliases", ...at], "input", name, inputs)),
  ];
}

/** The inputs that the shapes of aliases name, each with where; a body that passes everything on takes any. */
function aliasNames({ operation, operationSource: { aliases } }: OperationView): Place[] {
  if (operation.body?.encoding === "json" && operation.body.passthrough) return [];
  return (aliases ?? [])
    .flatMap((alias, n) =>
      typeof alias === "string" ? [] : Object.keys(alias.input ?? {}).map((name) => ({ name, at: [n, "input", name] })),
    )
    .filter(({ name }) => name !== WHOLE_INPUT);
}

/** The inputs that a structured body names, each with where. */
function bodyNames({ operationSource: { body } }: OperationView): Place[] {
  if (body?.encoding === "multipart")
    return body.parts.map(({ param }, n) => ({ name: param, at: ["parts", n, "param"] }));
  if (body?.encoding === "binary") return [{ name: body.param, at: ["param"] }];
  if ((body?.encoding === "json" || body?.encoding === "form") && body.value !== undefined)
    return paramNames(body.value, ["value"]);
  return [];
}

/** The names that `{"$param": …}` stands for within a value, each with its place below `at`. */
export function paramNames(value: Json, at: (string | number)[]): Place[] {
  if (Array.isArray(value)) return value.flatMap((item, n) => paramNames(item, [...at, n]));
  if (!isObject(value)) return [];
  if (typeof value.$param === "string") return [{ name: value.$param, at }];
  return Object.entries(value).flatMap(([key, member]) => paramNames(member as Json, [...at, key]));
}

function pollerReferences(manifest: Manifest, { index, resource, source }: ResourceView): Spot[] {
  const operations = Object.keys(resource.operations);
  const fields = resource.fields.map((field) => field.name);
  return Object.entries(source.pollers ?? {}).flatMap(([name, poller]) => {
    const at = ["pollers", name];
    const included = poller.fingerprint?.include ?? [];
    const inputs = resource.operations[poller.operation]?.inputs.map((input) => input.name);
    return [
      ...missing(index, [...at, "operation"], "operation", poller.operation, operations),
      ...operationReference(manifest, index, [...at, "forEach", "operation"], poller.forEach?.operation),
      ...Object.keys(poller.forEach?.input ?? {}).flatMap((input) =>
        inputs ? missing(index, [...at, "forEach", "input", input], "input", input, inputs) : [],
      ),
      ...missing(index, [...at, "absent", "confirm"], "operation", poller.absent?.confirm, operations),
      ...(poller.track === undefined
        ? []
        : missing(index, [...at, "track", "operation"], "operation", poller.track.operation ?? "read", operations)),
      ...included.flatMap((field, n) => missing(index, [...at, "fingerprint", "include", n], "field", field, fields)),
      ...Object.keys(poller.input ?? {}).flatMap((input) =>
        inputs ? missing(index, [...at, "input", input], "input", input, inputs) : [],
      ),
    ];
  });
}

function eventReferences({ index, resource, source }: ResourceView): Spot[] {
  return (source.webhooks ?? []).flatMap((webhook, n) => {
    const at = ["webhooks", n, "source"];
    const stated = webhook.source;
    if (stated?.type === "poll")
      return missing(index, [...at, "poller"], "poller", stated.poller, Object.keys(resource.pollers));
    if (stated?.type !== "action") return [];
    return missing(index, [...at, "operation"], "operation", stated.operation, Object.keys(resource.operations));
  });
}

function paginationReference(
  { source }: Manifest,
  { index, path }: OperationView,
  pagination: PaginationSource | undefined,
): Spot[] {
  if (typeof pagination !== "string") return [];
  return missing(
    index,
    [...path, "pagination"],
    "pagination",
    pagination,
    Object.keys(source.connector.paginations ?? {}),
  );
}

function authReference(
  { connector }: Manifest,
  index: number,
  path: (string | number)[],
  name: string | undefined,
): Spot[] {
  return missing(index, path, "credential", name, Object.keys(connector.auths));
}

/** Another resource of the connector; unjudged while a file of it cannot be understood. */
function parentReference({ connector, source }: Manifest, { index, resource }: ResourceView): Spot[] {
  if (!source.whole) return [];
  const handles = connector.resources.map(({ handle }) => handle);
  return missing(index, ["parent"], "resource", resource.parent ?? undefined, handles);
}

/** `resource.operation`, anywhere in the connector; unjudged while its resource may stand in a file that cannot be understood. */
export function operationReference(
  { connector, source }: Manifest,
  index: number | null,
  path: (string | number)[],
  id: string | undefined,
): Spot[] {
  if (!source.whole && !connector.resources.some(({ handle }) => id?.startsWith(`${handle}.`))) return [];
  const ids = connector.resources.flatMap((resource) =>
    Object.values(resource.operations).map((operation) => operation.id),
  );
  return missing(index, path, "operation", id, ids);
}

/** A spot when a name is given and not known, with what was probably meant. */
export function missing(
  resource: number | null,
  path: (string | number)[],
  kind: string,
  name: string | undefined,
  known: string[],
): Spot[] {
  if (name === undefined || known.includes(name)) return [];
  return [{ resource, path, message: `There is no ${kind} "${name}".`, mend: suggestion(name, known) }];
}
