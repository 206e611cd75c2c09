import { invalidInput, type Mistake, TidewireError } from "../kernel/errors.ts";
import { isLongerThan } from "../kernel/json.ts";
import { suggestion } from "../manifest/nearest.ts";
import type { EventBody } from "../model/event.ts";
import type { Subscription } from "../model/subscription.ts";
import { compileJson } from "../template/json.ts";
import { templateMistake } from "../template/mistake.ts";
import { tooMuch } from "../template/scope.ts";
import { type Told, wholeEvent } from "./body.ts";

/** What a template may use: the members of an event's body, and the subscription's own `id` and `tags`. */
const TYPES = {
  id: "String",
  type: "String",
  timestamp: "DateTime",
  connector: "String",
  connection: "String",
  resource: "String",
  data: "Object",
  previous: "Object",
  changed: "Array",
  subscription: "Object",
} satisfies Record<keyof EventBody | "subscription", string>;

/** Members, elements and characters that one body may have: a template can repeat what is long already. */
const MOST = 1_048_576;

/** Writes the body of one event as JSON text. Throws `invalid_input` for an event that the template cannot take. */
export type WriteBody = (event: Told, subscription: Pick<Subscription, "id" | "tags">) => string;

/**
 * Compiles a subscription's template by the manifest's rules for JSON (MANIFEST: Body templates). Throws `invalid_input` at
 * `template:line:column` for one that cannot yield JSON, or names what no event has.
 */
export function compileBodyTemplate(source: string): WriteBody {
  const template = checked(source);
  return (event, { id, tags }) => {
    const value = template.render({ ...wholeEvent(event), subscription: { id, tags } }, MOST);
    if (isLongerThan(value, MOST)) throw tooMuch();
    return JSON.stringify(value);
  };
}

function checked(source: string): ReturnType<typeof compileJson> {
  try {
    const template = compileJson(source, TYPES);
    for (const [name, at] of template.places) {
      if (!Object.hasOwn(TYPES, name)) throw templateMistake(source, at, unknown(name));
    }
    return template;
  } catch (thrown) {
    throw invalidInput([mistakeOf(thrown)]);
  }
}

function unknown(name: string): string {
  return `An event has no "${name}": its payload is in data, as in {{data.id}}. ${suggestion(name, Object.keys(TYPES))}`;
}

/** Where in the template it is. What is nested beyond all measure ends the parser's stack, and has no place. */
function mistakeOf(thrown: unknown): Mistake {
  if (thrown instanceof RangeError) return { at: "template", message: "it is nested too deeply" };
  const [mistake] = thrown instanceof TidewireError ? thrown.errors : [];
  if (!mistake) throw thrown;
  return { ...mistake, at: `template:${mistake.at}` };
}
