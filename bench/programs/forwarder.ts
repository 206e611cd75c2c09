import { type HttpBindings, serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { Pool } from "undici";
import { LIMIT } from "../file-page.ts";
import { obey } from "./obey.ts";

/** The bare limit of A1 to A4: the same server and the same client with nothing between them but the bytes of the body. */
let upstream = new Pool("http://127.0.0.1:9"); // until it is told

const CREDENTIALS = { "x-api-key": "sk-ant-bench", "anthropic-version": "2023-06-01" };
const JSON_TYPE = { "content-type": "application/json" };

const app = new Hono<{ Bindings: HttpBindings }>();

app.post("/v1/messages", async (c) => {
  const headers = { ...JSON_TYPE, ...CREDENTIALS };
  const answer = await upstream.request({ method: "POST", path: "/v1/messages", headers, body: await c.req.text() });
  return c.body(await answer.body.text(), answer.statusCode as 200, JSON_TYPE);
});

/** A4: the page is parsed and printed again. */
app.post("/reprint", async (c) => {
  await c.req.text();
  const answer = await upstream.request({ method: "GET", path: `/v1/files?limit=${LIMIT}`, headers: CREDENTIALS });
  const page: unknown = JSON.parse(await answer.body.text());
  return c.body(JSON.stringify(page), answer.statusCode as 200, JSON_TYPE);
});

/** A3: large bodies go from one socket to the other. */
app.all("/v1/files/*", async (c) => {
  const { incoming, outgoing } = c.env;
  const headers = { ...CREDENTIALS, "content-type": "application/octet-stream" };
  const body = c.req.method === "POST" ? incoming : null;
  await upstream.stream({ method: c.req.method as "POST", path: c.req.path, headers, body }, (answer) =>
    outgoing.writeHead(answer.statusCode, lengthOf(answer.headers)),
  );
  return RESPONSE_ALREADY_SENT;
});

function lengthOf(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const length = headers["content-length"];
  return typeof length === "string" ? { "content-length": length } : {};
}

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  obey(
    {
      forwardTo(url: string) {
        upstream = new Pool(url, { connections: 256 });
      },
    },
    `http://127.0.0.1:${port}`,
  );
});
