import { type ServerType, serve } from "@hono/node-server";
import { messageOf, TidewireError } from "../../kernel/errors.ts";
import { answersTogether, type Fetch } from "./answers-together.ts";

/** A server that listens. */
export interface Listening {
  /** Such as `http://127.0.0.1:8787`, with the port that was really taken. */
  url: string;
  /** Takes no new connection, lets what runs end for up to `graceMs`, then cuts it off. */
  close(graceMs: number): Promise<void>;
}

/** Listens on `host:port` (0 = any free port). Throws `port_taken`, or `config_invalid` for a host that is not ours. */
export function listen(fetch: Fetch, host: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: answersTogether(fetch), hostname: host, port }, (address) => {
      server.removeListener("error", onError);
      const shown = host.includes(":") ? `[${host}]` : host;
      resolve({ url: `http://${shown}:${address.port}`, close: (graceMs) => close(server, graceMs) });
    });
    const onError = (error: NodeJS.ErrnoException) => reject(explain(error, host, port));
    server.once("error", onError);
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): TidewireError {
  if (error.code === "EADDRINUSE") {
    return new TidewireError(
      "port_taken",
      `Port ${port} is taken; stop what uses it, or set PORT to another (0 = any free one).`,
    );
  }
  return new TidewireError(
    "config_invalid",
    `HOST ${host} and PORT ${port} cannot be listened on: ${messageOf(error)}`,
  );
}

function close(server: ServerType, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if (!("closeIdleConnections" in server)) return;
    server.closeIdleConnections();
    const timer = AbortSignal.timeout(graceMs);
    timer.addEventListener("abort", () => server.closeAllConnections(), { once: true });
  });
}
