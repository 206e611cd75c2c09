import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { type Body, type Caller, fileForm, HELLO, idsOf, openSandbox } from "./caller.ts";

const DAY = 86_400_000;
const OLD = { "anthropic-beta": "other-beta, files-api-2025-04-14" };

async function upload({ call }: Caller, name = "a.txt", fields = {}): Promise<Body> {
  const reply = await call("POST", "/v1/files", fileForm("hello world", name, "text/plain", fields));
  expect(reply.text).toContain('"type":"file"');
  return reply.json;
}

describe("an upload", () => {
  it("answers with the file", async () => {
    const caller = openSandbox();
    const file = await upload(caller, "some/dir/über.txt");
    expect(file).toEqual({
      id: expect.stringMatching(/^file_01\w{22}$/),
      type: "file",
      filename: "über.txt",
      mime_type: "text/plain",
      size_bytes: 11,
      created_at: "2026-11-20T08:00:00.000000Z",
      downloadable: false,
      expires_at: null,
    });
    expect((await caller.call("GET", `/v1/files/${file.id}`)).json).toEqual(file);
    const kept = caller.sandbox.world.files.find(file.id);
    expect(kept?.sha256).toBe(createHash("sha256").update("hello world").digest("hex"));
  });

  it("keeps none of the bytes", async () => {
    const caller = openSandbox();
    const form = fileForm("x".repeat(5_000_000), "big.bin", "application/octet-stream");
    const { id, size_bytes } = (await caller.call("POST", "/v1/files", form)).json;
    expect(size_bytes).toBe(5_000_000);
    expect(caller.sandbox.world.files.find(id)?.content).toBeNull();
  });

  it("names a file that has no name", async () => {
    const { call } = openSandbox();
    const boundary = "b0";
    const body = `--${boundary}\r\ncontent-disposition: form-data; name="file"\r\ncontent-type: application/pdf\r\n\r\nx\r\n--${boundary}--\r\n`;
    const headers = {
      "x-api-key": "sandbox",
      "anthropic-version": "2026-10-21",
      "content-type": `multipart/form-data; boundary=${boundary}`,
    };
    const request = new Request("http://claude.test/v1/files", { method: "POST", headers, body });
    const { sandbox } = openSandbox();
    expect(await (await sandbox.app.fetch(request)).json()).toMatchObject({
      filename: "unnamed.pdf",
      mime_type: "application/pdf",
    });
    expect((await call("POST", "/v1/files", fileForm("x", "dir/"))).json.filename).toBe("unnamed.txt");
  });

  it.each(["a<b.txt", "a|b", "a\\b", "x".repeat(256)])("refuses the name %j", async (name) => {
    const { call } = openSandbox();
    expect((await call("POST", "/v1/files", fileForm("x", name))).error).toContain("invalid_request_error: filename:");
  });

  it("refuses what is not the form that it should be", async () => {
    const { call, sandbox } = openSandbox();
    const lone = new FormData();
    lone.append("purpose", "x");
    const pair = fileForm("x", "a.txt");
    pair.append("file", new File(["y"], "b.txt"));
    expect((await call("POST", "/v1/files", {})).error).toContain("multipart/form-data");
    expect((await call("POST", "/v1/files", lone)).error).toContain("file: Field required");
    expect((await call("POST", "/v1/files", pair)).error).toContain("only one file");
    expect((await call("POST", "/v1/files", fileForm("x", "a", "text/plain", { purpose: "x" }))).error).toContain(
      "purpose: Extra inputs",
    );
    const headers = {
      "x-api-key": "sandbox",
      "anthropic-version": "2026-10-21",
      "content-type": "multipart/form-data; boundary=b",
    };
    const cut = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhalf a fi';
    const torn = await sandbox.app.fetch(
      new Request("http://claude.test/v1/files", { method: "POST", headers, body: cut }),
    );
    expect(torn.status).toBe(400);
    expect(sandbox.world.files.size).toBe(0);
  });

  it("is 413 beyond 500 MB", async () => {
    const { call } = openSandbox();
    const refused = await call("POST", "/v1/files", fileForm("x", "a"), { "content-length": "501000001" });
    expect(refused.status).toBe(413);
  });
});

describe("expiry", () => {
  it("ends the content, then 30 days later the file", async () => {
    const caller = openSandbox();
    const { id, expires_at } = await upload(caller, "a.txt", { expires_in_seconds: "3600" });
    expect(expires_at).toBe("2026-11-20T09:00:00.000000Z");
    caller.sandbox.advance(3_600_000);
    const content = await caller.call("GET", `/v1/files/${id}/content`);
    expect([content.status, content.json.error]).toEqual([
      404,
      expect.objectContaining({ details: { error_code: "file_expired" } }),
    ]);
    caller.sandbox.advance(30 * DAY - 1);
    expect(idsOf((await caller.call("GET", "/v1/files")).json)).toEqual([id]);
    caller.sandbox.advance(1);
    expect((await caller.call("GET", "/v1/files")).json).toEqual({ data: [], next_page: null });
    expect((await caller.call("GET", `/v1/files/${id}`)).status).toBe(404);
  });

  it.each(["3599", "7776001", "soon"])("refuses %s seconds", async (seconds) => {
    const { call } = openSandbox();
    const form = fileForm("x", "a.txt", "text/plain", { expires_in_seconds: seconds });
    expect((await call("POST", "/v1/files", form)).error).toContain("expires_in_seconds:");
  });
});

describe("content", () => {
  it("is refused for uploads and given for what tools made", async () => {
    const caller = openSandbox();
    const uploaded = await upload(caller);
    const refused = await caller.call("GET", `/v1/files/${uploaded.id}/content`);
    expect([refused.status, refused.json.error]).toEqual([
      400,
      expect.objectContaining({ type: "invalid_request_error", details: { error_code: "file_not_downloadable" } }),
    ]);
    const made = caller.sandbox.world.addFile({ filename: "chart.csv", mimeType: "text/csv", content: "a,b\n" });
    const given = await caller.call("GET", `/v1/files/${made.id}/content`);
    expect([given.text, given.headers.get("content-type")]).toEqual(["a,b\n", "text/csv"]);
    expect((await caller.call("GET", `/v1/files/${made.id}`)).json.downloadable).toBe(true);
  });
});

describe("the list of files", () => {
  it("is paged by token, newest first", async () => {
    const caller = openSandbox();
    const ids = [];
    for (let i = 0; i < 5; i++) ids.unshift((await upload(caller)).id);
    const first = (await caller.call("GET", "/v1/files?limit=3")).json;
    expect(idsOf(first)).toEqual(ids.slice(0, 3));
    expect(first).toEqual({ data: expect.anything(), next_page: expect.stringMatching(/^page_/) });
    await upload(caller);
    const second = (await caller.call("GET", `/v1/files?limit=3&page=${first.next_page}`)).json;
    expect([idsOf(second), second.next_page]).toEqual([ids.slice(3), null]);
    expect((await caller.call("GET", "/v1/files?page=page_zzz")).status).toBe(400);
  });

  it("gives the files of some ids, unknown ones left out", async () => {
    const caller = openSandbox();
    const { id } = await upload(caller);
    await upload(caller);
    const some = await caller.call("GET", `/v1/files?ids%5B%5D=${id}&ids%5B%5D=file_none`);
    expect([idsOf(some.json), some.json.next_page]).toEqual([[id], null]);
    expect((await caller.call("GET", `/v1/files?ids[]=${id}&limit=1`)).status).toBe(400);
  });

  it("has the old shape and paging for those who ask for it", async () => {
    const caller = openSandbox();
    const ids = [];
    for (let i = 0; i < 3; i++) ids.unshift((await upload(caller)).id);
    const page = (await caller.call("GET", "/v1/files?limit=2", undefined, OLD)).json;
    expect(page).toMatchObject({ has_more: true, first_id: ids[0], last_id: ids[1] });
    expect(Object.keys((page.data as JsonObject[])[0] ?? {})).not.toContain("expires_at");
    const rest = (await caller.call("GET", `/v1/files?limit=2&after_id=${ids[1]}`, undefined, OLD)).json;
    expect([idsOf(rest), rest.has_more]).toEqual([[ids[2]], false]);
    expect(idsOf((await caller.call("GET", "/v1/files?scope_id=sesn_1", undefined, OLD)).json)).toEqual([]);
  });
});

describe("a deleted file", () => {
  it("is gone at once", async () => {
    const caller = openSandbox();
    const { id } = await upload(caller);
    expect((await caller.call("DELETE", `/v1/files/${id}`)).json).toEqual({ id, type: "file_deleted" });
    expect((await caller.call("DELETE", `/v1/files/${id}`)).error).toBe(`not_found_error: File \`${id}\` not found.`);
    const source = { type: "file", file_id: id ?? null };
    const messages = [{ role: "user", content: [{ type: "document", source }] }];
    expect((await caller.call("POST", "/v1/messages", { ...HELLO, messages })).status).toBe(404);
  });
});
