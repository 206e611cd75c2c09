import { z } from "zod";
import { type DirectoryField, type DirectoryModel, shapeOf, verbsOf } from "../../model/directory.ts";
import { strict } from "./object.ts";
import { cases, json, predicate, selector, variable } from "./parts.ts";

const field = z.union([
  selector,
  strict({
    selector: selector.optional(),
    alternatives: z.array(selector).optional().describe("Other selectors to try, in order."),
    cases: cases.optional(),
    join: z.array(selector).min(1).optional().describe("Texts to join by a space; those that are there."),
    values: z
      .record(z.string(), z.string())
      .optional()
      .describe("The API's value → ours; read backwards where the field is set or filtered by."),
  }).refine(
    (f) => [f.selector, f.cases, f.join].filter((source) => source !== undefined).length === 1,
    "a unified field has one of `selector`, `cases` and `join`",
  ),
]);

const choice = z.union([
  strict({
    when: predicate.optional().describe("Of the request: the first choice whose `when` holds is taken."),
    operation: z.string().describe("`resource.operation`."),
    input: z
      .record(variable, json)
      .optional()
      .describe('The operation\'s input; {"$param": "email"} stands for what the request says.'),
    reread: z.boolean().optional().describe("True when its answer is not the record: `get` then reads that."),
  }),
  strict({
    when: predicate.optional(),
    unsupported: z.string().min(1).describe("Why the API cannot do this."),
  }),
]);

const verb = z.union([choice, z.array(choice).min(1)]);

/** How operations and records map on the models of the unified user directory (`model/directory.ts`). */
export const unified = strict({
  "user-directory": strict({
    users: model("users").optional(),
    roles: model("roles").optional(),
    workspaces: model("workspaces").optional(),
    members: model("members").optional(),
  }).optional(),
});

export type UnifiedModelSource = z.infer<ReturnType<typeof model>>;
export type UnifiedFieldSource = z.infer<typeof field>;
export type UnifiedChoiceSource = z.infer<typeof choice>;

function model(name: DirectoryModel) {
  const { fields } = shapeOf(name);
  const record = strict(Object.fromEntries(Object.entries(fields).map(([key, f]) => [key, value(f).optional()])));
  return strict({
    fields: only(Object.keys(fields), field).optional().describe("Where each field stands in the API's own record."),
    records: z
      .array(record)
      .min(1)
      .optional()
      .describe("The records themselves, where the API has fixed ones and no operation that lists them."),
    operations: only(verbsOf(name), verb).optional().describe("What does each verb; one choice or several."),
  });
}

function only<T extends z.ZodType>(names: readonly string[], type: T) {
  return strict(Object.fromEntries(names.map((name) => [name, type.optional()])));
}

function value({ type, values }: DirectoryField): z.ZodType<string | string[] | boolean> {
  if (type === "flag") return z.boolean();
  if (type === "texts") return z.array(z.string());
  return values === undefined ? z.string() : z.enum(values);
}
