import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { runAndWait } from "../../../src/surfaces/cli/await-job.ts";
import type { Cli } from "../../../src/surfaces/cli/cli.ts";
import { type Client, type ClientResponse, readText } from "../../../src/surfaces/cli/client.ts";
import { Desk } from "./rig.ts";

const MESSAGE = ["--model", "claude-haiku-4-5", "--max-tokens", "9", "--messages", '[{"role":"user","content":"Hi"}]'];

describe("tidewire call --wait", () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = new Desk();
    await desk.serve();
  });
  afterAll(() => desk.close());

  it("gives the answer of the call, and tells beside it that a job does it", async () => {
    const ran = await desk.run("call", "messages.create", ...MESSAGE, "--wait");
    expect(JSON.parse(ran.out)).toMatchObject({ role: "assistant", stop_reason: "max_tokens" });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.err).toMatch(/^job_\w+ pending\njob_\w+ succeeded\n$/);
    const asJson = await desk.run("call", "messages.create", ...MESSAGE, "--wait", "--json");
    expect(JSON.parse(asJson.out)).toMatchObject({ result: { role: "assistant" }, meta: { sandbox: true } });
    expect(asJson.err).toBe("");
  });

  it("ends as the call would have when it fails or is refused", async () => {
    const failed = await desk.run("call", "files.read", "--file-id", "file_none", "--wait");
    expect(failed).toMatchObject({ code: 5, out: "" });
    expect(failed.err).toContain("404 not_found_error");
    const refused = await desk.run("call", "messages.create", "--wait");
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toContain("max_tokens");
  });

  it("needs a server, for without one nobody would do the job", async () => {
    const alone = new Desk();
    const ran = await alone.run("call", "models.list", "--wait");
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toContain("tidewire serve");
    await alone.close();
  });

  it("tells progress when there is some, and then gives the results", async () => {
    const looks: JsonObject[] = [
      { state: "running", progress: { done: 1 }, finished_at: null },
      { state: "running", progress: { done: 1 }, finished_at: null },
      {
        state: "succeeded",
        progress: { done: 2 },
        finished_at: "2026-11-20T08:00:00Z",
        results: "/v1/jobs/job_1/results",
      },
    ];
    const asked: string[] = [];
    const client: Client = {
      at: "http://127.0.0.1",
      runsJobs: true,
      close: () => Promise.resolve(),
      async request(method, path) {
        asked.push(`${method} ${path}`);
        if (method === "POST") return answer(202, { id: "job_1", state: "pending", progress: null, finished_at: null });
        return path.endsWith("/results") ? answer(200, "rows") : answer(200, { id: "job_1", ...looks.shift() });
      },
    };
    let told = "";
    const terminal = { json: false, err: (text: string) => void (told += text) };
    const response = await runAndWait({ terminal } as Cli, client, "/v1/run", undefined);
    expect(JSON.parse(await readText(response.body))).toEqual({ result: "rows" });
    expect(told).toBe('job_1 pending\njob_1 running {"done":1}\njob_1 succeeded {"done":2}\n');
    expect(asked.at(-1)).toBe("GET /v1/jobs/job_1/results");
  });
});

function answer(status: number, result: JsonObject | string): ClientResponse {
  const body = (async function* () {
    yield Buffer.from(JSON.stringify({ result }));
  })();
  return { status, headers: { "content-type": "application/json" }, body };
}
