import { isObject, type Json, type JsonObject, setMember } from "../kernel/json.ts";

/** A structured body: JSON in which `{"$param": "name"}` stands for a typed value. */
export interface JsonTree {
  names: string[];
  /** Undefined when the whole tree is a value that is missing. */
  render(values: Record<string, unknown>): Json | undefined;
}

type Render = JsonTree["render"];

/** Compiles it to closures; a hole whose value is missing takes its member or element away. */
export function compileTree(value: Json): JsonTree {
  const names = new Set<string>();
  const render = compile(value, names);
  return { names: [...names], render };
}

function compile(value: Json, names: Set<string>): Render {
  if (Array.isArray(value)) return compileArray(value, names);
  if (!isObject(value)) return () => value;
  const param = holeOf(value);
  if (param === null) return compileObject(value, names);
  names.add(param);
  return (values) => values[param] as Json | undefined;
}

function holeOf(value: Record<string, Json>): string | null {
  const param = value.$param;
  return typeof param === "string" && Object.keys(value).length === 1 ? param : null;
}

function compileArray(members: Json[], names: Set<string>): Render {
  const renders = members.map((member) => compile(member, names));
  return (values) => renders.map((render) => render(values)).filter((member) => member !== undefined);
}

function compileObject(object: Record<string, Json>, names: Set<string>): Render {
  const members = Object.entries(object).map(([key, member]) => [key, compile(member, names)] as const);
  return (values) => {
    const result: JsonObject = {};
    for (const [key, render] of members) {
      const value = render(values);
      if (value !== undefined) setMember(result, key, value);
    }
    return result;
  };
}
