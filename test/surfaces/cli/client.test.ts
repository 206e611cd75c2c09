import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createProduct } from "../../../src/product.ts";
import { type Client, problemError, requestAll, requestJson } from "../../../src/surfaces/cli/client.ts";
import { type Answer, json, text, Upstream } from "../../support/upstream.ts";

const problem = (status: number, body: object): Answer =>
  text(JSON.stringify(body), status, { "content-type": "application/problem+json" });

describe("the client", () => {
  let server: Upstream;
  let client: Client;
  const clients: Client[] = [];
  const serverWith = async (...answers: Answer[]) => {
    server = await Upstream.start(...answers);
    client = createProduct({}).connect(server.url, "tw_key");
    clients.push(client);
  };
  beforeEach(() => serverWith(json({ result: {} })));
  afterAll(() => Promise.all(clients.map((one) => one.close())));

  it("sends its key, and JSON as JSON", async () => {
    expect(await requestJson(client, "POST", "/v1/x", { json: { a: 1 } })).toEqual({ result: {} });
    expect(server.last).toMatchObject({ method: "POST", url: "/v1/x" });
    expect(server.last.headers).toMatchObject({ authorization: "Bearer tw_key", "content-type": "application/json" });
    expect(server.last.body.toString()).toBe('{"a":1}');
    await server.stop();
  });

  it("walks a listing to its end", async () => {
    server.script(json({ result: [1, 2], next_cursor: "a b" }), json({ result: [3], next_cursor: null }));
    expect(await requestAll(client, "/v1/keys")).toEqual([1, 2, 3]);
    expect(server.seen.map(({ url }) => url)).toEqual(["/v1/keys?limit=200", "/v1/keys?limit=200&cursor=a+b"]);
    await server.stop();
  });

  it("throws a problem as the error that it tells, with its mistakes and what the provider said", async () => {
    const upstream = { status: 404, type: "not_found_error", message: "gone", request_id: "req_1" };
    const errors = [{ at: "id", message: "is none" }];
    server.script(problem(404, { code: "upstream_error", detail: "it failed", errors, upstream }));
    await expect(requestJson(client, "GET", "/v1/x")).rejects.toMatchObject({
      code: "upstream_error",
      message: "it failed",
      status: 404,
      errors,
      upstream,
    });
    await server.stop();
  });

  it.each([
    ["a page of another server", text("<html>hello</html>")],
    ["another server's JSON", json({ hello: "there" })],
    ["an error of a proxy", text("<html>bad gateway</html>", 502)],
    ["an error with a code that is not ours", problem(500, { code: "constructor", detail: "x" })],
  ])("says so when it gets %s", async (_, answer) => {
    server.script(answer);
    await expect(requestAll(client, "/v1/connectors")).rejects.toMatchObject({
      code: "server_unreachable",
      message: expect.stringContaining("not Tidewire's") as string,
    });
    await server.stop();
  });

  it("says where nobody answers", async () => {
    await server.stop();
    await expect(requestJson(client, "GET", "/v1/x")).rejects.toMatchObject({
      code: "server_unreachable",
      message: expect.stringContaining(`No Tidewire server answers at ${client.at}`) as string,
    });
  });

  it("takes a problem without mistakes", () => {
    expect(problemError(404, '{"code":"not_found","detail":"no"}')).toMatchObject({ code: "not_found", errors: [] });
  });
});
