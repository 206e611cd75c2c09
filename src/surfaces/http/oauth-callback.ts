import type { Hono } from "hono";
import { html } from "hono/html";
import { CALLBACK_PATH } from "../../connections/authorization/begin.ts";
import { finishAuthorization } from "../../connections/authorization/finish.ts";
import type { Ports } from "../../context.ts";
import { asError } from "../../kernel/errors.ts";
import type { Env, Http } from "./caller.ts";

/** The page to which a provider sends a person back. It takes no key: the state that comes with it is the proof. */
export function addOAuthCallback(app: Hono<Env>, ports: Ports): void {
  app.get(CALLBACK_PATH, (c) => serve(c, ports));
}

async function serve(c: Http, ports: Ports): Promise<Response> {
  const requestId = ports.newId("req");
  const { state, code, error, error_description } = c.req.query();
  try {
    const back = { state, code, error, error_description };
    // What the person agreed to is kept, even when the browser leaves at once.
    const { connector, connection } = await finishAuthorization(ports, back, new AbortController().signal);
    ports.log.info({ request_id: requestId, command: "oauth.callback", status: 200 }, "request");
    const text = `The connection "${connection.name}" of ${connector.meta.short} may be used now. You can close this page.`;
    return page(c, 200, { heading: "Connected", text }, requestId);
  } catch (thrown) {
    const { status, code: reason, message, cause } = asError(thrown);
    ports.log.info({ request_id: requestId, command: "oauth.callback", status, code: reason }, "request");
    if (reason === "internal") ports.log.error({ request_id: requestId, err: cause }, "request failed");
    return page(c, status, { heading: "Not connected", text: message }, requestId);
  }
}

const STYLE = "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}";

/** Nothing is loaded, framed or run, and the address with its code goes to nobody. What is put in is escaped. */
async function page(
  c: Http,
  status: number,
  { heading, text }: { heading: string; text: string },
  requestId: string,
): Promise<Response> {
  const body = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${heading} – Tidewire</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>${heading}</h1>
        <p>${text}</p>
      </body>
    </html>`;
  return c.html(body, status as 200, {
    "x-request-id": requestId,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
}
