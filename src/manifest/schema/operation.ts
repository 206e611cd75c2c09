import { z } from "zod";
import type { JsonSchema } from "../../kernel/json.ts";
import { SURFACES } from "../../model/surface.ts";
import { assemble } from "./assemble.ts";
import { asyncRule } from "./async.ts";
import { strict, strictBranch, strictUnion } from "./object.ts";
import { pagination } from "./pagination.ts";
import { duration, errorRules, headers, json, meta, param, pathTemplate, retry, selector, template } from "./parts.ts";

const queryParam = strict({
  value: z.string(),
  array: z.enum(["repeat", "brackets", "comma", "json"]).optional(),
  omitIfEmpty: z.boolean().optional(),
});

/** `{"$param": "file"}`. */
const held = strict({ $param: z.string() }).describe('{"$param": "name"} stands for an input.');

/** The input that is there: as `param`, or as `value`, in the words of a JSON body. */
const heldInput = {
  param: z.string().optional().describe("The input's name."),
  value: held.optional().describe('The same in other words: {"$param": "name"}.'),
};

type HeldInput = { param?: string | undefined; value?: { $param: string } | undefined };

function namesOne({ param, value }: HeldInput): boolean {
  return (param === undefined) !== (value === undefined);
}

const NAMES_NONE = 'the input is named once: `"param": "file"`, or `"value": {"$param": "file"}`';

function byParam<T extends HeldInput>({ param, value, ...rest }: T) {
  return { ...rest, param: (param ?? value?.$param) as string }; // `namesOne` held
}

const body = strictUnion("encoding", [
  strictBranch({
    encoding: z.literal("json"),
    value: json
      .optional()
      .describe('{"$param": "name"} stands for a typed value; every input not used elsewhere when absent.'),
    passthrough: z.boolean().optional().describe("Sends the caller's whole input on, beneath `value`."),
  }),
  strictBranch({
    encoding: z.literal("multipart"),
    parts: z
      .array(
        strict({ name: z.string(), ...heldInput })
          .refine(namesOne, NAMES_NONE)
          .transform(byParam),
      )
      .min(1),
    maxBytes: z.number().int().min(1).optional(),
  }),
  strictBranch({
    encoding: z.literal("form"),
    value: json.optional().describe("As in a JSON body; an object, whose members become fields."),
    passthrough: z.boolean().optional().describe("Sends the caller's whole input on, beneath `value`."),
    array: z
      .enum(["repeat", "brackets", "comma", "json"])
      .optional()
      .describe("How lists are written: `a=1&a=2`, `a[]=1&a[]=2` (objects too: `m[k]=v`), `a=1,2`, `a=[1,2]`."),
  }),
  strictBranch({
    encoding: z.literal("binary"),
    ...heldInput,
    maxBytes: z.number().int().min(1).optional(),
  })
    .refine(namesOne, NAMES_NONE)
    .transform(byParam)
    .describe("A Binary input is the whole body; its content type is sent with it."),
  strictBranch({
    encoding: z.literal("text"),
    value: z
      .union([z.string(), held.transform(({ $param }) => `{{${$param}}}`)], 'write a template, or {"$param": "name"}')
      .describe("A template of the text."),
    contentType: z.string().optional().describe("text/plain; charset=utf-8 unless said."),
  }),
]);

const response = strict({
  type: z.enum(["json", "jsonl", "sse", "binary", "text", "none"]).optional(),
  records: selector.optional().describe("Where a list's records stand; [] is the root."),
  stream: z.boolean().optional().describe("True when the input `stream` makes the answer a stream of SSE."),
  assemble: assemble
    .optional()
    .describe("How the events of the stream make up the record that the event of an action tells."),
}).refine(
  (r) => r.assemble === undefined || r.stream === true || r.type === "sse",
  "`assemble` needs an answer that is streamed: `stream: true`, or the type `sse`",
);

/** The key of an alias's `input` whose value is an object of inputs. */
export const WHOLE_INPUT = "*";

const aliasInput = z
  .record(z.string(), json)
  .describe(
    'Our input name → its value, in which {"$param": "query.limit"} stands for what the caller gives there; under "*", an object of inputs. What is given under our own names counts first.',
  );

/** Another name that callers may use, with how its arguments map on ours. */
export const alias = z.union([z.string().min(1), strict({ name: z.string().min(1), input: aliasInput.optional() })]);

/** One call of the API. */
export const operation = strict({
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
  path: pathTemplate.optional(),
  description: z.string().optional(),
  meta: meta.optional(),
  kind: z.enum(["query", "action"]).optional(),
  effect: z.enum(["create", "update", "delete", "cancel", "archive", "none"]).optional(),
  confirm: z.boolean().optional().describe("True when a person should agree first."),
  idempotent: z.boolean().optional().describe("True when sending it twice does no harm."),
  input: z.array(param).optional(),
  queryParams: z.record(z.string(), queryParam).optional(),
  bodyTemplate: template.optional(),
  body: body.optional(),
  response: response.optional(),
  pagination: pagination.optional(),
  async: asyncRule.optional(),
  headers: headers.optional(),
  auth: z.string().optional(),
  timeout: duration.optional(),
  retry: retry.optional(),
  errors: errorRules.optional(),
  expose: z.array(z.enum(SURFACES)).optional().describe("The surfaces that offer it; all when absent."),
  deprecated: z.string().optional().describe("Why, and what to use instead."),
  unsupported: z.string().optional().describe("Set when the API cannot do this: what running it answers."),
  aliases: z.array(alias).optional(),
  sample: json.optional().describe("A real, redacted answer."),
  output: (z.record(z.string(), json) as z.ZodType<JsonSchema>)
    .optional()
    .describe(
      "JSON Schema of the answer (of one row, for rows) when it is not a record of the resource; it is then given as it came.",
    ),
}).refine(
  (o) => o.body === undefined || o.bodyTemplate === undefined,
  "an operation has either `body` or `bodyTemplate`",
);

export type OperationSource = z.infer<typeof operation>;
export type AliasSource = z.infer<typeof alias>;
export type BodySource = z.infer<typeof body>;
