import { compileTree, type JsonTree } from "../engine/json-tree.ts";
import { oncePer } from "../engine/once-per.ts";
import { invalidInput } from "../kernel/errors.ts";
import { isObject, type JsonObject, ownMember } from "../kernel/json.ts";
import { WHOLE_INPUT } from "../manifest/schema/operation.ts";

type Given = Record<string, unknown>;

/** One input of ours, made of what stands at `paths` in the caller's arguments. */
interface Mapping {
  input: string;
  paths: string[][];
  tree: JsonTree;
}

interface Shape {
  mappings: Mapping[];
  /** Where one of them may find something in a caller's arguments. */
  roots: ReadonlySet<string>;
  /** True when one of them gives a value of its own. */
  hasValues: boolean;
}

const shapeOf = oncePer<JsonObject, Shape>();

/**
 * A caller's arguments, in the shape that an alias has, as our own input. What stands under our own names counts first, and
 * what has no place in the shape stays as it is, for the check of the input to judge. `text`: objects may be given as JSON text.
 * Throws `invalid_input` where an object of inputs is something else.
 */
export function unaliased(shape: JsonObject | null, raw: unknown, text = false): unknown {
  if (shape === null || !isObject(raw)) return raw;
  const { mappings, roots, hasValues } = shapeOf(shape, () => compileShape(shape));
  if (!hasValues && !Object.keys(raw).some((name) => roots.has(name))) return raw;
  const given = text ? withObjects(raw, mappings) : raw;
  let rest = given;
  const mapped: Given = {};
  const whole: Given = {};
  for (const mapping of mappings) {
    if (mapping.input !== WHOLE_INPUT && given[mapping.input] !== undefined) continue;
    const value = valueOf(mapping, given);
    if (value === undefined) continue;
    if (mapping.input === WHOLE_INPUT) Object.assign(whole, objectOf(value, mapping));
    else mapped[mapping.input] = value;
    for (const path of mapping.paths) rest = withoutPath(rest, path);
  }
  return { ...mapped, ...whole, ...rest };
}

function compileShape(shape: JsonObject): Shape {
  const mappings = Object.entries(shape).map(compileMapping);
  const roots = new Set(mappings.flatMap(({ paths }) => paths.map((path) => path[0] as string)));
  return { mappings, roots, hasValues: mappings.some(({ paths }) => paths.length === 0) };
}

function compileMapping([input, value]: [string, JsonObject[string]]): Mapping {
  const tree = compileTree(value);
  return { input, tree, paths: tree.names.map((name) => name.split(".")) };
}

/** Undefined unless all that it is made of is given: half of a value would be another one. */
function valueOf({ paths, tree }: Mapping, given: Given): unknown {
  const found = paths.map((path) => path.reduce<unknown>(ownMember, given));
  if (found.includes(undefined)) return undefined;
  return tree.render(Object.fromEntries(tree.names.map((name, n) => [name, found[n]])));
}

function objectOf(value: unknown, { tree }: Mapping): Given {
  if (isObject(value)) return value;
  throw invalidInput([{ at: tree.names[0] ?? WHOLE_INPUT, code: "invalid_type", message: "expected an object" }]);
}

/** A copy without what stands there; what is left empty by that goes too. */
function withoutPath(given: Given, [step = "", ...further]: string[]): Given {
  const { [step]: member, ...others } = given;
  if (further.length === 0 || !isObject(member)) return others;
  const left = withoutPath(member, further);
  return Object.keys(left).length === 0 ? others : { ...others, [step]: left };
}

/** A query string and a form hold texts only: an object is written as JSON there. */
function withObjects(given: Given, mappings: Mapping[]): Given {
  const roots = mappings.flatMap(({ input, paths }) =>
    paths.filter((path) => input === WHOLE_INPUT || path.length > 1).map((path) => path[0] as string),
  );
  const parsed = roots.filter((root) => typeof given[root] === "string").map((root) => [root, parse(given[root])]);
  return { ...given, ...Object.fromEntries(parsed) };
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return text; // not an object, which is then said where one is expected
  }
}
