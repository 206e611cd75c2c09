import { ROOT_KEY_ID } from "./access/authenticate.ts";
import type { Config } from "./config.ts";
import { ensureConnection } from "./connections/ensure.ts";
import { SANDBOX_NAME } from "./connections/sandbox-mark.ts";
import type { Ports } from "./context.ts";
import type { Clock } from "./kernel/clock.ts";
import { createTargetPolicy } from "./net/guard.ts";
import { createHttp } from "./net/http.ts";
import type { Http } from "./net/port.ts";
import { postOnce } from "./net/post-once.ts";
import type { Post } from "./sandbox/webhooks.ts";

/** The sandbox that stands in beside the server while there is no account. */
export interface BesideSandbox {
  /** Null when it does not run. */
  readonly url: string | null;
  /** The way to providers, with a way to the sandbox's own address, which is else refused as loopback. */
  readonly http: Http;
  /** Starts it, once, when the settings and the database say so; takes its connection away when they do not. */
  start(ports: Ports): Promise<void>;
  stop(): Promise<void>;
}

/** The connector whose API the sandbox pretends. */
const PRETENDED = "claude-api";
const HOST = "127.0.0.1";

/** `hasAccount`: the environment gives a real credential, so that nothing need stand in. */
export function besideSandbox(config: Config, clock: Clock, upstream: Http, hasAccount: boolean): BesideSandbox {
  const policy = createTargetPolicy({ allowed: [HOST], code: "invalid_upstream" });
  const own = createHttp({ policy });
  let listener: { url: string; close(): Promise<void> } | null = null;
  let starting: Promise<void> | null = null;
  async function open(ports: Ports): Promise<void> {
    if (listener) return;
    if (!(await isWanted(config, ports, hasAccount))) return forget(ports);
    const { createSandbox } = await import("./sandbox/sandbox.ts");
    const post: Post = (url, headers, body) => postOnce({ http: own.http, clock }, url, headers, body);
    const opened = await createSandbox({ clock, post }).listen(0, HOST);
    await connect(ports, opened.url).catch(async (error: unknown) => {
      await opened.close();
      throw error;
    });
    listener = opened;
    ports.log.debug({ url: opened.url }, "no account: the sandbox stands in"); // `serve` says it to people
  }
  return {
    get url() {
      return listener?.url ?? null;
    },
    // Only this very origin, port and all: other loopback addresses stay refused.
    http: (request, signal) =>
      (listener && request.url.startsWith(`${listener.url}/`) ? own.http : upstream)(request, signal),
    start(ports) {
      starting ??= open(ports).finally(() => {
        starting = null;
      });
      return starting;
    },
    async stop() {
      await Promise.allSettled([starting]);
      const opened = listener;
      listener = null;
      await Promise.all([opened?.close(), own.close()]);
    },
  };
}

async function connect(ports: Ports, url: string): Promise<void> {
  await ensureConnection(ports, {
    connector: PRETENDED,
    name: SANDBOX_NAME,
    credentials: { apiKey: "sandbox", adminKey: "sandbox-admin" },
    params: { baseUrl: `${url}/v1` },
    owner: ROOT_KEY_ID,
    sandbox: true,
  });
}

async function isWanted(config: Config, { connectors, store }: Ports, hasAccount: boolean): Promise<boolean> {
  if (!connectors.some(({ handle }) => handle === PRETENDED)) return false;
  if (config.TIDEWIRE_SANDBOX !== "auto") return config.TIDEWIRE_SANDBOX === "on";
  if (config.NODE_ENV === "production" || hasAccount) return false;
  return (await store.connections.all()).every(({ name }) => name === SANDBOX_NAME);
}

/** A sandbox connection of an earlier run leads nowhere now. */
async function forget({ store, log }: Ports): Promise<void> {
  const left = await store.connections.byName(PRETENDED, SANDBOX_NAME);
  if (!left) return;
  await store.connections.delete(left.id);
  log.info("the sandbox is not needed any more: its connection is removed");
}
