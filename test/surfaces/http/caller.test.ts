import type { IncomingMessage, ServerResponse } from "node:http";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { TidewireError } from "../../../src/kernel/errors.ts";
import { type Actor, SCOPES, type Scope } from "../../../src/model/actor.ts";
import { baseUrlOf, callerOf, type Env, type Http } from "../../../src/surfaces/http/caller.ts";

/** What a handler makes of a request that came over a connection from `remote`. */
async function seenBy<T>(
  read: (c: Http) => T | Promise<T>,
  path: string,
  headers: Record<string, string> = {},
  remote?: string,
): Promise<T> {
  const app = new Hono<Env>();
  let seen: { value: T } | undefined;
  app.all("*", async (c) => {
    seen = { value: await read(c) };
    return c.text("");
  });
  app.onError((error) => {
    throw error;
  });
  const incoming = { headers: { ...headers }, socket: { remoteAddress: remote } } as unknown as IncomingMessage;
  const env = remote === undefined ? {} : { incoming, outgoing: {} as ServerResponse };
  await app.request(`http://tidewire.test${path}`, { headers }, env);
  if (!seen) throw new Error("the handler did not run");
  return seen.value;
}

describe("whose request it is", () => {
  const actors: Record<string, Scope[]> = { tw_all: [...SCOPES], tw_hook: ["subscriptions"] };
  const authenticate = (key: string | undefined): Promise<Actor> => {
    const scopes = actors[key ?? ""];
    if (!scopes) return Promise.reject(new TidewireError("unauthorized", "no"));
    return Promise.resolve({ keyId: String(key), name: "", scopes, connections: null });
  };
  const caller = async (path: string, headers: Record<string, string> = {}) =>
    (await seenBy((c) => callerOf(c, authenticate), path, headers)).keyId;

  it.each([
    ["authorization: Bearer", { authorization: "Bearer tw_all" }],
    ["any case and space", { authorization: "bearer   tw_all " }],
    ["x-api-key", { "x-api-key": "tw_all" }],
    ["x-api-key beside another scheme", { authorization: "Basic dTpw", "x-api-key": "tw_all" }],
    ["Bearer before x-api-key", { authorization: "Bearer tw_all", "x-api-key": "tw_none" }],
  ])("is told by %s", async (_, headers) => {
    expect(await caller("/v1/whoami", headers)).toBe("tw_all");
  });

  it.each<[string, string, Record<string, string>]>([
    ["nothing", "/v1/whoami", {}],
    ["an unknown key", "/v1/whoami", { "x-api-key": "tw_none" }],
    ["another scheme", "/v1/whoami", { authorization: "Basic dHdfYWxsOg==" }],
    ["a query on other paths", "/v1/whoami?api_key=tw_hook", {}],
    ["a key in a hook's query that can do more", "/webhooks/a/b.c?api_key=tw_all", {}],
    ["an unknown key in a hook's query", "/webhooks/a/b.c?api_key=tw_none", {}],
    ["a wrong header beside a good query", "/webhooks/a/b.c?api_key=tw_hook", { "x-api-key": "tw_none" }],
  ])("is not told by %s", async (_, path, headers) => {
    await expect(caller(path, headers)).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("is told by a hook's query when the key can only subscribe", async () => {
    expect(await caller("/webhooks/a/b.c?api_key=tw_hook")).toBe("tw_hook");
  });
});

describe("the base of links", () => {
  const base = (
    headers: Record<string, string>,
    remote: string,
    trusted: string[] = [],
    publicUrl: string | null = null,
  ) =>
    seenBy(
      (c) => baseUrlOf(c, { TIDEWIRE_PUBLIC_URL: publicUrl, TIDEWIRE_TRUST_PROXY: trusted }),
      "/",
      { host: "inside:8787", ...headers },
      remote,
    );
  const forwarded = { "x-forwarded-host": "tidewire.example", "x-forwarded-proto": "https" };

  it("is the host that was called when no proxy is trusted, whatever the headers say", async () => {
    expect(await base(forwarded, "10.0.0.7")).toBe("http://inside:8787");
    expect(await base(forwarded, "10.0.0.7", ["10.0.1.0/24", "10.0.0.8"])).toBe("http://inside:8787");
  });

  it.each([
    ["10.0.0.7", "10.0.0.7"],
    ["10.0.0.7", "10.0.0.0/8"],
    ["::ffff:10.0.0.7", "10.0.0.7"],
    ["::ffff:10.0.0.7", "10.0.0.0/8"],
    ["fd00::7", "fd00::/8"],
    ["fd00::7", "fd00:0:0:0::7"],
    ["127.0.0.1", "127.0.0.1"],
  ])("is what the proxy %s says when %s is trusted", async (remote, entry) => {
    expect(await base(forwarded, remote, ["192.168.0.0/16", entry])).toBe("https://tidewire.example");
  });

  it.each([
    ["11.0.0.7", "10.0.0.0/8"],
    ["fd00::7", "10.0.0.0/8"],
    ["10.0.0.7", "fd00::/8"],
    ["::ffff:11.0.0.7", "10.0.0.0/8"],
  ])("is not what %s says when only %s is trusted", async (remote, entry) => {
    expect(await base(forwarded, remote, [entry])).toBe("http://inside:8787");
  });

  it("takes the first of several proxies' words, and each word by itself", async () => {
    const several = { "x-forwarded-host": "outer.example, inner.example", "x-forwarded-proto": "https, http" };
    expect(await base(several, "10.0.0.7", ["10.0.0.7"])).toBe("https://outer.example");
    expect(await base({ "x-forwarded-host": "outer.example" }, "10.0.0.7", ["10.0.0.7"])).toBe("https://outer.example");
    expect(await base({ "x-forwarded-proto": "https" }, "10.0.0.7", ["10.0.0.7"])).toBe("https://inside:8787");
    expect(await base({}, "10.0.0.7", ["10.0.0.7"])).toBe("http://inside:8787");
  });

  it("is TIDEWIRE_PUBLIC_URL before all else", async () => {
    expect(await base(forwarded, "10.0.0.7", ["10.0.0.7"], "https://public.example/tidewire")).toBe(
      "https://public.example/tidewire",
    );
  });
});
