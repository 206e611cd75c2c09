import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isObject, type Json, type JsonObject } from "../../src/kernel/json.ts";
import { fileForm, openSandbox } from "./caller.ts";

/** Exchanges with the real API, recorded on 2026-05-25 under the beta headers of that time. */
interface Exchange {
  request: { method: string; path: string };
  response: { status: number; headers: Record<string, string>; body: JsonObject };
}

const FOLDER = new URL("../fixtures/claude-recorded/", import.meta.url);
const BETA = { "anthropic-version": "2023-06-01", "anthropic-beta": "files-api-2025-04-14" };

/** Members that the sandbox answers and the recording lacks, and why. */
const ADDED: Record<string, string> = {
  lifecycle: "models gained lifecycle fields after May 2026",
  deprecated_at: "models gained lifecycle fields after May 2026",
  retires_at: "models gained lifecycle fields after May 2026",
  line: "models gained their line after May 2026",
  "capabilities.effort.xhigh": "an effort level that came later",
  "capabilities.server_tools": "told since the server tools are models' capabilities",
  "capabilities.thinking.types.disabled": "ways to think that came later",
  "capabilities.thinking.types.between_tools": "ways to think that came later",
};
/** The empty list of files was recorded without these; the API's own documentation has them. */
const ADDED_TO_EMPTY_FILES = ["first_id", "last_id"];

const exchanges = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .flatMap((name) =>
    (JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Exchange[]).map((e) => [name, e] as const),
  );

/** `{"data.created_at": "string", …}`; the items of a list share one entry. */
function shapeOf(value: Json, at = "", shape: Record<string, string> = {}): Record<string, string> {
  if (Array.isArray(value)) for (const item of value) shapeOf(item, at, shape);
  else if (isObject(value)) {
    for (const [name, member] of Object.entries(value as JsonObject))
      shapeOf(member, at === "" ? name : `${at}.${name}`, shape);
  } else shape[at] = value === null ? "null" : typeof value;
  return shape;
}

/** The same request to a sandbox that holds what the recorded account held. */
async function replay({ request, response }: Exchange): Promise<JsonObject> {
  const { call } = openSandbox();
  const isEmpty = Array.isArray(response.body.data) && response.body.data.length === 0;
  let id = "";
  if (request.path.startsWith("/v1/files") && !isEmpty) {
    id = (await call("POST", "/v1/files", fileForm("test file", "test-file.txt"), BETA)).json.id;
  }
  const path = request.path.replace(/file_\w+/, id);
  const reply = await call(request.method, path, undefined, BETA);
  expect(reply.status).toBe(response.status);
  for (const name of ["request-id", "anthropic-organization-id"]) expect(reply.headers.get(name)).toBeTruthy();
  expect(reply.headers.get("content-type")).toBe(response.headers["content-type"]);
  return reply.json;
}

function isExplained(member: string): boolean {
  const name = member.replace(/^data\./, "");
  return Object.keys(ADDED).some((added) => name === added || name.startsWith(`${added}.`));
}

describe("the recorded exchanges", () => {
  it("are all there", () => {
    expect(exchanges).toHaveLength(8);
  });

  it.each(exchanges)("%s: keys and types are as recorded, but for what is explained", async (name, exchange) => {
    const recorded = shapeOf(exchange.response.body);
    const answered = shapeOf(await replay(exchange));
    const added = Object.keys(answered).filter((member) => !(member in recorded));
    const unexplained = added.filter((member) => !isExplained(member));
    expect(unexplained).toEqual(name === "files.list.empty.json" ? ADDED_TO_EMPTY_FILES : []);
    expect(answered).toMatchObject(recorded);
  });

  it("name values that the sandbox's models share", async () => {
    const { call } = openSandbox();
    const listed = exchanges.find(([name]) => name === "models.list.json")?.[1].response.body.data as { id: string }[];
    const shared = listed.filter(({ id }) => id !== "claude-opus-4-1-20250805");
    expect(shared).toHaveLength(6);
    for (const model of shared) expect((await call("GET", `/v1/models/${model.id}`)).json).toMatchObject(model);
  });

  it("name times in the API's own form", async () => {
    const { call } = openSandbox();
    const file = (await call("POST", "/v1/files", fileForm("x", "x.txt"), BETA)).json;
    const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
    const recorded = exchanges.find(([name]) => name === "files.read.json")?.[1].response.body;
    expect([file.created_at, recorded?.created_at]).toEqual([expect.stringMatching(form), expect.stringMatching(form)]);
  });
});
