import { messageOf } from "../../kernel/errors.ts";
import { compileJson } from "../../template/json.ts";
import type { Operation } from "../connector.ts";
import { nearest } from "../nearest.ts";
import { repeatsCredential } from "../normalise/auth.ts";
import { declaredInputs } from "../normalise/operation.ts";
import type { HeadersSource } from "../schema/parts.ts";
import type { Path } from "../source.ts";
import { variablesIn, whyTemplateFails } from "../variables.ts";
import { credentialTemplates } from "./grants.ts";
import { type Manifest, type OperationView, operationViews, type Rule, resourcesOf, type Spot } from "./rule.ts";

/** A template with its place, and the names that it may use. */
interface Placed {
  resource: number | null;
  path: Path;
  text: string;
  names: string[];
  /** Set for a JSON template: the operation whose inputs give its holes their types. */
  json?: Operation;
}

const UNPARSABLE: Rule = {
  id: "template",
  severity: "error",
  check: (manifest) =>
    templates(manifest).flatMap(({ resource, path, text, json }) => {
      const reason = json ? whyJsonFails(text, json) : whyTemplateFails(text);
      return reason === null
        ? []
        : [
            {
              resource,
              path,
              message: reason,
              mend: "Only `{{name}}`, `{{#if name}}…{{/if}}` and `{{#each name}}…{{/each}}` stand in a template.",
            },
          ];
    }),
};

const UNDECLARED: Rule = {
  id: "undeclared-placeholder",
  severity: "error",
  check: (manifest) =>
    templates(manifest).flatMap(({ resource, path, text, names }) =>
      variablesIn(text)
        .filter((name) => !names.includes(name))
        .map((name) => ({
          resource,
          path,
          message: `The placeholder "${name}" is not declared.`,
          mend: declared(name, names),
        })),
    ),
};

const UNUSED: Rule = {
  id: "unused-placeholder",
  severity: "warning",
  check: (manifest) => [
    ...unusedSettings(manifest),
    ...operationViews(manifest).flatMap((view) => unusedInputs(manifest, view)),
  ],
};

const BRACE: Rule = {
  id: "brace-after-placeholder",
  severity: "warning",
  check: (manifest) =>
    templates(manifest)
      .filter(({ text }) => /(?<!\{)\{\{[^{}]*\}\}\}/.test(text))
      .map(({ resource, path }) => ({
        resource,
        path,
        message:
          "A `}` follows a placeholder at once (`}}}`): it is read as an end of the object, but other tools refuse it.",
        mend: "Put a space between `}}` and `}`.",
      })),
};

export const TEMPLATE_RULES: readonly Rule[] = [UNPARSABLE, UNDECLARED, UNUSED, BRACE];

function templates(manifest: Manifest): Placed[] {
  return [
    ...serviceTemplates(manifest),
    ...resourcesOf(manifest).flatMap(({ index, source }) =>
      headerTemplates(index, ["headers"], source.headers, settings(manifest)),
    ),
    ...operationViews(manifest).flatMap((view) => operationTemplates(manifest, view)),
  ];
}

function declared(name: string, names: string[]): string {
  const guess = nearest(name, names);
  return guess === null ? "Declare it in `placeholders`, `input` or `service.params`." : `Did you mean "${guess}"?`;
}

function settings({ connector }: Manifest): string[] {
  return connector.params.map((param) => param.name);
}

/** What a header declares itself counts as declared, beside `names`. */
function headerTemplates(
  resource: number | null,
  path: Path,
  headers: HeadersSource | undefined,
  names: string[],
): Placed[] {
  return Object.entries(headers ?? {}).map(([name, header]) => ({
    resource,
    path: [...path, name, "value"],
    text: header.value,
    names: [...names, ...(header.placeholders ?? []).map((param) => param.name)],
  }));
}

function serviceTemplates(manifest: Manifest): Placed[] {
  const { connector, source } = manifest;
  const { service } = source.connector;
  const names = settings(manifest);
  const own = Object.entries(service.headers ?? {}).filter(([name]) => !repeatsCredential(name, connector.auths));
  return [
    { resource: null, path: ["service", "baseURL", "value"], text: service.baseURL.value, names },
    ...headerTemplates(null, ["service", "headers"], Object.fromEntries(own), names),
    ...Object.values(connector.auths)
      .flatMap((auth) => credentialTemplates(manifest, auth))
      .map((placed) => ({ resource: null, ...placed })),
  ];
}

function operationTemplates(
  manifest: Manifest,
  { index, path, resource, operation, operationSource: source }: OperationView,
): Placed[] {
  const names = [...operation.inputs.map((input) => input.name), ...settings(manifest)];
  const at = (keys: Path, text: string): Placed => ({ resource: index, path: [...path, ...keys], text, names });
  return [
    at(["path", "value"], operation.path),
    { ...at([], resource.endpoint), path: ["endpoint", "value"] },
    ...operation.query.map((param) => at(["queryParams", param.name, "value"], param.value)),
    ...headerTemplates(index, [...path, "headers"], source.headers, names),
    ...(operation.body?.encoding === "text" ? [at(["body", "value"], operation.body.template)] : []),
    ...(source.bodyTemplate ? [{ ...at(["bodyTemplate", "value"], source.bodyTemplate.value), json: operation }] : []),
  ];
}

function whyJsonFails(text: string, { inputs }: Operation): string | null {
  try {
    compileJson(text, Object.fromEntries(inputs.map(({ name, type }) => [name, type])));
    return null;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function unusedSettings(manifest: Manifest): Spot[] {
  const used = new Set(templates(manifest).flatMap(({ text }) => variablesIn(text)));
  return (manifest.source.connector.service.params ?? []).flatMap((param, n) =>
    used.has(param.name) || param.name === "baseUrl"
      ? []
      : [
          {
            resource: null,
            path: ["service", "params", n],
            message: `The setting "${param.name}" is used nowhere.`,
            mend: "Use it in a template, or take it out.",
          },
        ],
  );
}

function unusedInputs(manifest: Manifest, view: OperationView): Spot[] {
  const { index, path, operation, operationSource, source } = view;
  const { body } = operation;
  if ((body?.encoding === "json" || body?.encoding === "form") && body.passthrough) return [];
  const used = new Set([
    ...operationTemplates(manifest, view).flatMap(({ text }) => variablesIn(text)),
    ...Object.values(source.headers ?? {}).flatMap((header) => variablesIn(header.value)),
    ...bodyParams(operation),
  ]);
  return declaredInputs(operationSource, source)
    .filter((input) => !used.has(input.name))
    .map((input) => ({
      resource: index,
      path,
      message: `The input "${input.name}" is used nowhere.`,
      mend: "Use it in the path, the query or the body, or take it out.",
    }));
}

/** The inputs that stand in a structured body. */
function bodyParams({ body }: Operation): string[] {
  if (body === null) return [];
  if (body.encoding === "multipart") return body.parts.map((part) => part.param);
  if (body.encoding === "binary") return [body.param];
  if (body.encoding === "text" || body.form === "template") return variablesIn(body.template);
  return [...JSON.stringify(body.value).matchAll(/"\$param":"([^"]+)"/g)].map((match) => match[1] as string);
}
