import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../../kernel/errors.ts";
import type { Json } from "../../kernel/json.ts";
import type { FieldType } from "../connector.ts";
import { compilePredicate, type Predicate } from "../predicate.ts";
import { strict } from "./object.ts";

const FIELD_TYPES = [
  "String",
  "Integer",
  "Number",
  "Decimal",
  "Boolean",
  "DateTime",
  "Array",
  "Object",
  "Json",
  "Binary",
] as const satisfies readonly FieldType[];

export const json = z.json() as z.ZodType<Json>;
const fieldType = z.enum(FIELD_TYPES);

/** A name in URLs, ids and events: `message_batches`. */
export const handle = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, "a handle is lower-case letters, digits, `_` and `-`, beginning with a letter");

/** A name that templates may use: `file_id`. */
export const variable = z
  .string()
  .regex(/^(?!__)[A-Za-z_][\w-]*$/, "a name is letters, digits, `_` and `-`, beginning with a letter");

export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, "a duration is written 500ms, 5s, 5m, 2h or 30d")
  .describe("A duration: 500ms, 5s, 5m, 2h, 30d.");

export const selector = z
  .array(z.union([z.string(), z.number().int()]), {
    error: ({ input }) => (input === undefined ? undefined : 'a way is written as its steps, such as ["data", "id"]'),
  })
  .describe('Where a value stands: keys and indexes; "*" maps over an array, "[k=v]" filters it.');

export const meta = strict({
  short: z.string().optional(),
  description: z.string().optional(),
  icon: z.string().optional(),
  tags: z.array(z.string()).optional(),
});

/** A parameter: a placeholder of the seed form, an input of an operation, or a setting of a connection. */
export const param = strict({
  name: variable,
  type: fieldType,
  required: z.boolean().optional(),
  default: json.optional(),
  enum: z.array(json).min(1).optional(),
  min: z.number().optional().describe("Least value of a number, length of a String, count of an Array."),
  max: z.number().optional().describe("Greatest value of a number, length of a String, count of an Array."),
  pattern: z.string().optional().describe("A regular expression that a String must match."),
  format: z.string().optional().describe("A format of JSON Schema, for editors and forms."),
  items: fieldType.optional().describe("The type of an Array's members."),
  description: z.string().optional(),
  options: z.string().optional().describe("The list operation (`resource.operation`) that gives the choices."),
});

/** A Handlebars text with the parameters it uses. */
export const template = strict({ value: z.string(), placeholders: z.array(param).optional() });

/** A template below a URL: empty, or beginning with `/`. */
export const pathTemplate = strict({
  value: z.string().regex(/^(\/.*)?$/, "a path is empty or begins with `/`; the base URL stands before it"),
  placeholders: z.array(param).optional(),
});

const header = strict({
  value: z.string(),
  placeholders: z.array(param).optional(),
  merge: z.enum(["replace", "append-comma"]).optional(),
  omitIfEmpty: z.boolean().optional(),
});
/** The name of a header. */
export const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "this is not the name of a header");
export const headers = z.record(headerName, header);

/** What `before` and `after` compare with: whatever the predicates themselves understand. */
const time = z.string().refine(isTime, 'a time is "now" or written 2026-01-31T12:00:00Z');

const operand = {
  equals: json.optional(),
  in: z.array(json).optional(),
  exists: z.boolean().optional(),
  gt: json.optional(),
  gte: json.optional(),
  lt: json.optional(),
  lte: json.optional(),
  contains: json.optional(),
  before: time.optional().describe('A time, or "now".'),
  after: time.optional().describe('A time, or "now".'),
};

export const predicate: z.ZodType<Predicate> = z.lazy(() =>
  z.union([
    strict({ all: z.array(predicate).min(1) }),
    strict({ any: z.array(predicate).min(1) }),
    strict({ not: predicate }),
    strict({ field: selector, ...operand }),
  ]),
);

export const retry = strict({
  max: z.number().int().min(0).max(10).optional().describe("Tries beyond the first."),
  statuses: z.array(z.union([z.number().int().min(100).max(599), z.literal("5xx")])).optional(),
  networkErrors: z.boolean().optional(),
  methods: z.array(z.string()).optional().describe("The methods that are sent again; all when absent."),
  base: duration.optional(),
  cap: duration.optional(),
  jitter: z.number().min(0).max(1).optional().describe("The share of the delay that is taken off at random."),
  afterHeaders: z.array(z.string()).optional(),
  vetoHeader: z.string().optional(),
});

const errorCode = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

export const errorRules = strict({
  envelope: strict({
    type: selector.optional(),
    message: selector.optional(),
    requestId: selector.optional(),
  }).optional(),
  requestIdHeader: z.string().optional(),
  failIf: predicate.optional().describe("An answer of status 200 that matches is an error."),
  final: predicate.optional().describe("A refusal whose body matches comes again: the call is not sent again."),
  notFound: z.array(z.number().int().min(400).max(599)).min(1).optional(),
  map: z
    .array(strict({ status: z.number().int().min(100).max(599), code: errorCode }))
    .optional()
    .describe("What an error of that status is called to callers, who then get the code's own status."),
});

export const cases = z
  .array(strict({ when: predicate.optional(), value: json }))
  .min(1)
  .describe("The value of the first case that holds; one without `when` always does.");

const MISFIT = "`scale` is for a Decimal, and `fields` are for an Object or an Array of them";

const fieldShape = {
  name: z.string().min(1),
  type: fieldType,
  meta: strict({ short: z.string().optional(), description: z.string().optional() }).optional(),
  primary: z.boolean().optional(),
  nullable: z.boolean().optional(),
  enum: z.array(json).min(1).optional(),
  items: fieldType.optional(),
  volatile: z.boolean().optional().describe("Changes all the time: no part of the fingerprint."),
  alternatives: z.array(selector).optional().describe("Other selectors to try, in order."),
  link: z.boolean().optional().describe("Holds a URL under the base URL, which the proxy rewrites to its own."),
  scale: z
    .number()
    .int()
    .min(-30)
    .max(30)
    .optional()
    .describe(
      "Of a Decimal: the value is the provider's times ten to this power; -2 makes the unit of cents, exactly.",
    ),
  fields: z
    .array(z.lazy((): z.ZodType<FieldSource> => field))
    .min(1)
    .optional()
    .describe("Of an Object, or of an Array of them: what is selected of each."),
};

/** A field of a record. */
export const field: z.ZodType<FieldSource> = strict({ ...fieldShape, selector }).refine(fitsItsType, MISFIT);

/** A field of an event: selected from the record, or chosen by conditions on it. */
export const payloadField = strict({ ...fieldShape, selector: selector.optional(), cases: cases.optional() })
  .refine(
    (f) => (f.selector === undefined) !== (f.cases === undefined),
    "a field of a payload has either a `selector` or `cases`",
  )
  .refine(fitsItsType, MISFIT);

export type MetaSource = z.infer<typeof meta>;
export type ParamSource = z.infer<typeof param>;
export type HeadersSource = z.infer<typeof headers>;
export type RetrySource = z.infer<typeof retry>;
export type ErrorRulesSource = z.infer<typeof errorRules>;
export interface FieldSource extends Omit<PayloadFieldSource, "cases" | "selector"> {
  selector: (string | number)[];
}
export type PayloadFieldSource = z.infer<typeof payloadField>;

function fitsItsType({ type, scale, fields }: { type: FieldType; scale?: number; fields?: unknown }): boolean {
  return (scale === undefined || type === "Decimal") && (fields === undefined || type === "Object" || type === "Array");
}

function isTime(text: string): boolean {
  try {
    compilePredicate({ field: [], before: text });
    return true;
  } catch {
    return false;
  }
}
