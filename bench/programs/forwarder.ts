import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Pool } from "undici";
import { obey } from "./obey.ts";

/** The bare limit of A1: the same server and the same client with nothing between them but the bytes of the body. */
let upstream: Pool | null = null;

const app = new Hono().post("/v1/messages", async (c) => {
  if (upstream === null) return c.text("it was not told where to forward to", 503);
  const headers = {
    "content-type": "application/json",
    "x-api-key": "sk-ant-bench",
    "anthropic-version": "2023-06-01",
  };
  const answer = await upstream.request({ method: "POST", path: "/v1/messages", headers, body: await c.req.text() });
  return c.body(await answer.body.text(), answer.statusCode as 200, { "content-type": "application/json" });
});

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
