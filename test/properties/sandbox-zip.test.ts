import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readZip, writeZip } from "../../src/sandbox/zip.ts";

const CAP = 1_000_000;
const path = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((name) => !name.endsWith("/"));
const entries = fc.uniqueArray(fc.record({ path, bytes: fc.uint8Array({ maxLength: 200 }) }), {
  selector: (e) => e.path,
  maxLength: 5,
});

describe("a zip archive", () => {
  it("gives back what was put in", () => {
    fc.assert(
      fc.property(entries, (files) => {
        const read = readZip(Buffer.from(writeZip(files)), CAP);
        expect(read.map((entry) => [entry.path, [...entry.bytes]])).toEqual(files.map((f) => [f.path, [...f.bytes]]));
      }),
    );
  });

  it("that is damaged anywhere is refused as a bad request, or still read: it never breaks the sandbox", () => {
    const archive = writeZip([{ path: "a/SKILL.md", bytes: Buffer.from("x".repeat(50)) }]);
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.nat(255), fc.nat(archive.length), (at, value, length) => {
        const damaged = Buffer.from(archive).subarray(0, length);
        if (at < length) damaged[at] = value;
        try {
          readZip(damaged, CAP);
        } catch (thrown) {
          expect(thrown).toMatchObject({ status: expect.toBeOneOf([400, 413]) });
        }
      }),
    );
  });
});
