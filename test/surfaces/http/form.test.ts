import { existsSync } from "node:fs";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { BinaryInput } from "../../../src/model/binary.ts";
import { receiveForm } from "../../../src/surfaces/http/form.ts";

const MIB = 1024 * 1024;

async function encoded(form: FormData): Promise<{ bytes: Buffer; type: string }> {
  const response = new Response(form);
  return { bytes: Buffer.from(await response.arrayBuffer()), type: response.headers.get("content-type") ?? "" };
}

/** The same bytes in small chunks, so that boundaries fall anywhere. */
function chunked(bytes: Buffer, size: number): Readable {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return Readable.from(chunks);
}

describe("receiveForm", () => {
  it("gives fields and files as they were sent, and removes the files when told", async () => {
    const form = new FormData();
    form.append("display_name", "Résumé “skill”");
    form.append("files[]", new File(["# one"], "skill/SKILL.md", { type: "text/markdown" }));
    form.append("files[]", new File([new Uint8Array(100_000).fill(7)], "skill/data.bin"));
    const { bytes, type } = await encoded(form);
    const received = await receiveForm(chunked(bytes, 37), { "content-type": type }, MIB);
    const files = received.values.files as BinaryInput[];
    expect(received.values.display_name).toBe("Résumé “skill”");
    expect(files.map((f) => [f.filename, f.size])).toEqual([
      ["skill/SKILL.md", 5],
      ["skill/data.bin", 100_000],
    ]);
    const first = files[0] as BinaryInput;
    for (let time = 0; time < 2; time++) expect(String(await buffer(first.open()))).toBe("# one");
    const path = (first.open() as unknown as { path: string }).path;
    await received.dispose();
    expect(existsSync(path)).toBe(false);
  });

  it("has the same digest for the same form only", async () => {
    const digest = async (text: string) => {
      const form = new FormData();
      form.append("file", new File([text], "a.txt"));
      const body = new Response(form);
      const type = "multipart/form-data; boundary=x";
      const raw = Buffer.from(await body.arrayBuffer()).toString("latin1");
      const boundary = /boundary=(.+)$/.exec(body.headers.get("content-type") ?? "")?.[1] ?? "";
      const bytes = Buffer.from(raw.replaceAll(boundary, "x"), "latin1");
      const received = await receiveForm(chunked(bytes, 1_000), { "content-type": type }, MIB);
      await received.dispose();
      return received.digest;
    };
    expect(await digest("one")).toBe(await digest("one"));
    expect(await digest("one")).not.toBe(await digest("two"));
  });

  it("refuses a body over the limit", async () => {
    const form = new FormData();
    form.append("file", new File([new Uint8Array(3 * MIB)], "big.bin"));
    const { bytes, type } = await encoded(form);
    const sent = receiveForm(chunked(bytes, 65_536), { "content-type": type }, MIB);
    await expect(sent).rejects.toMatchObject({ code: "payload_too_large" });
  });

  it("holds little of it in memory: what is no file may have 1 MiB, however many parts it comes in", async () => {
    const many = new FormData();
    for (let n = 0; n < 5; n++) many.append(`field_${n}`, "x".repeat(MIB / 4));
    const named = new FormData();
    for (let n = 0; n < 20; n++) named.append("file", new File(["x"], "n".repeat(60_000)));
    for (const form of [many, named]) {
      const { bytes, type } = await encoded(form);
      const sent = receiveForm(chunked(bytes, 65_536), { "content-type": type }, 10 * MIB);
      await expect(sent).rejects.toMatchObject({ code: "payload_too_large" });
    }
  });

  it("refuses a form that is cut short, in a field or in a file", async () => {
    const form = new FormData();
    form.append("file", new File([new Uint8Array(10_000)], "a.bin"));
    const { bytes, type } = await encoded(form);
    for (const length of [20, 5_000, bytes.length - 6]) {
      const sent = receiveForm(chunked(bytes.subarray(0, length), 512), { "content-type": type }, MIB);
      await expect(sent).rejects.toMatchObject({ code: "invalid_input" });
    }
  });

  it("refuses a content type without a boundary", async () => {
    const sent = receiveForm(Readable.from([]), { "content-type": "multipart/form-data" }, MIB);
    await expect(sent).rejects.toMatchObject({ code: "unsupported_media_type" });
  });
});
