import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, type Json } from "../../src/kernel/json.ts";
import { compileFields } from "../../src/manifest/fields.ts";
import { type Selector } from "../../src/manifest/select.ts";
import { compileFingerprint } from "../../src/triggers/fingerprint.ts";

const NAMES = ["id", "title", "__proto__", "é", "10", "9", "a b"];

const FIELD = fc.record({
  name: fc.constantFrom(...NAMES),
  type: fc.constantFrom("String", "Json"),
  selector: fc.constantFrom(...NAMES).map((name) => [name]),
  alternatives: fc.constant<Selector[]>([]),
});

test("a fingerprint is the canonical JSON of the fields, whatever their order and the order of the record's keys", () => {
  const record = fc.dictionary(fc.constantFrom(...NAMES), fc.jsonValue());
  fc.assert(
    fc.property(fc.array(FIELD), record, (fields, members) => {
      const printed = compileFingerprint(fields)(members as Json);
      expect(printed).toBe(canonicalJson(compileFields(fields)(members as Json)));
      const turned = Object.fromEntries(Object.entries(members).reverse());
      expect(compileFingerprint(fields.toReversed())(turned as Json)).toBe(
        canonicalJson(compileFields(fields.toReversed())(members as Json)),
      );
    }),
  );
});

test("the print of a record that was stored is that of the record as it came: another one was made with other fields", () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(FIELD), fc.dictionary(fc.constantFrom(...NAMES), value), (fields, members) => {
      const print = compileFingerprint(fields);
      const came = JSON.parse(JSON.stringify(members)) as Json;
      const stored = JSON.parse(JSON.stringify(came)) as Json;
      expect(print(stored)).toBe(print(came));
    }),
  );
});
