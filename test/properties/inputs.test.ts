import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TidewireError } from "../../src/kernel/errors.ts";
import { coerceInput } from "../../src/manifest/coerce.ts";
import { checkInput, inputSchema } from "../../src/manifest/inputs.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { operationsOf } from "../../src/manifest/triggers.ts";
import type { BinaryInput } from "../../src/model/binary.ts";

const operations = operationsOf(loadConnector("connector.json").connector).map(({ operation }) => operation);
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const validators = new Map(operations.map((operation) => [operation, ajv.compile(inputSchema(operation))]));

const operation = fc.constantFrom(...operations);
/** Inputs under the operation's own names, mostly of wrong types. */
const attempt = operation.chain((chosen) => {
  const names = chosen.inputs.map((input) => input.name);
  const key =
    names.length === 0
      ? fc.string()
      : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() });
  const value = fc.oneof(fc.jsonValue(), fc.integer(), fc.boolean(), fc.string(), fc.array(fc.object()));
  return fc.tuple(fc.constant(chosen), fc.dictionary(key, value));
});

describe("whatever is given to an operation", () => {
  it("is taken or refused with places, and what is taken keeps to the operation's own schema", () => {
    fc.assert(
      fc.property(attempt, ([chosen, raw]) => {
        try {
          const input = checkInput(chosen, raw);
          if (chosen.inputs.some((param) => param.type === "Binary" || param.items === "Binary")) return;
          const validate = validators.get(chosen);
          // A null that the API may have a meaning for is passed on, whatever its type.
          for (const { name, required } of chosen.inputs) if (input[name] === null && !required) delete input[name];
          expect(validate?.(input), JSON.stringify(validate?.errors)).toBe(true);
        } catch (thrown) {
          if (!(thrown instanceof TidewireError)) throw thrown;
          expect(thrown.code).toBe("invalid_input");
          expect(thrown.errors.length).toBeGreaterThan(0);
          for (const { at, message } of thrown.errors) expect(`${at}${message}`).not.toBe("");
        }
      }),
      { numRuns: 500 },
    );
  });

  it("as text never becomes anything but the types that are meant", () => {
    const texts = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.string())));
    fc.assert(
      fc.property(operation, texts, fc.string(), (chosen, others, text) => {
        const own = Object.fromEntries(chosen.inputs.map((input) => [input.name, text]));
        const raw = coerceInput(chosen, { ...others, ...own });
        for (const { name, type } of chosen.inputs) {
          if (type === "String") expect(raw[name]).toBe(text);
          if (type === "Integer" && typeof raw[name] === "number") expect(Number(text)).toBe(raw[name]);
        }
      }),
    );
  });

  it("as a file keeps every byte", async () => {
    const upload = operations.find((o) => o.id === "files.upload");
    if (!upload) throw new Error("no upload");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.constantFrom("base64", "base64url"), async (bytes, encoding) => {
        const data = Buffer.from(bytes).toString(encoding as BufferEncoding);
        const file = checkInput(upload, { file: { filename: "f", data } }).file as BinaryInput;
        const chunks: Uint8Array[] = [];
        for await (const chunk of file.open()) chunks.push(chunk);
        expect(file.size).toBe(bytes.length);
        expect(Buffer.concat(chunks).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });
});
