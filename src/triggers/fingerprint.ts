import { canonicalJson, type Json } from "../kernel/json.ts";
import { compileField, type Selectable } from "../manifest/fields.ts";

/**
 * Compiles the fingerprint of a record: the canonical JSON of its declared fields. The names are put in order once, because
 * every record of every page that changed is printed.
 */
export function compileFingerprint(fields: readonly Selectable[]): (record: Json) => string {
  const byName = new Map(fields.map((field) => [field.name, compileField(field)]));
  const members = [...byName.keys()].sort().map((name) => ({
    before: `${JSON.stringify(name)}:`,
    read: byName.get(name) ?? (() => null),
  }));
  return (record) => {
    let text = "";
    for (const { before, read } of members) text += `${text && ","}${before}${canonicalJson(read(record))}`;
    return `{${text}}`;
  };
}
