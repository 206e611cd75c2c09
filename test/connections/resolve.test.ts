import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureConnection, ensurePollers } from "../../src/connections/ensure.ts";
import { resolveAccount } from "../../src/connections/resolve.ts";
import { createVault, newVaultKey } from "../../src/kernel/vault.ts";
import type { Actor } from "../../src/model/actor.ts";
import { DEFAULT_CONNECTION, Rig } from "../triggers/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const root: Actor = { keyId: "key_1", name: "root", scopes: ["admin"], connections: null };
const ensure = (name: string) => ensureConnection(rig.ports, { ...DEFAULT_CONNECTION, name });
const resolve = (ref?: string, actor = root) => resolveAccount(rig.ports, { handle: "notes-api" }, ref, actor);

describe("which connection", () => {
  test("the named one, by name or id", async () => {
    const work = await ensure("work");
    expect((await resolve("work")).connectionId).toBe(work.id);
    expect((await resolve(work.id)).name).toBe("work");
    await expect(resolve("nobody")).rejects.toMatchObject({ code: "not_found" });
    const elsewhere = resolveAccount(rig.ports, { handle: "other-api" }, work.id, root);
    await expect(elsewhere).rejects.toMatchObject({ code: "not_found" });
  });

  test("without a name: `default`, else the only one, else the error lists them", async () => {
    const work = await ensure("work");
    expect((await resolve()).name).toBe("default");
    const fallback = (await rig.ports.store.connections.byName("notes-api", "default"))!;
    await rig.ports.store.connections.delete(fallback.id);
    expect((await resolve()).connectionId).toBe(work.id);
    await ensure("home");
    await expect(resolve()).rejects.toMatchObject({
      code: "connection_required",
      message: expect.stringMatching(/"work", "home"/),
    });
  });

  test("with none at all it says how to make one", async () => {
    const none = resolveAccount(rig.ports, { handle: "other-api" }, undefined, root);
    await expect(none).rejects.toMatchObject({
      code: "connection_required",
      message: expect.stringContaining("POST /v1/connections"),
    });
  });

  test("a bound key has its own only one, and others are not there for it", async () => {
    const work = await ensure("work");
    const bound: Actor = { ...root, scopes: ["actions:read"], connections: [work.id] };
    expect((await resolve(undefined, bound)).name).toBe("work");
    await expect(resolve("default", bound)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("credentials", () => {
  test("are opened for their connection, again after a change, and print nowhere", async () => {
    const account = await resolve();
    expect(account.credentials.apiKey?.reveal()).toBe("k");
    expect(JSON.stringify(account)).not.toContain('"k"');
    await ensureConnection(rig.ports, { ...DEFAULT_CONNECTION, credentials: { apiKey: "k2" } });
    expect((await resolve()).credentials.apiKey?.reveal()).toBe("k2");
  });

  test("another vault key opens nothing", async () => {
    await expect(
      resolveAccount({ ...rig.ports, vault: createVault([newVaultKey()]) }, { handle: "notes-api" }, undefined, root),
    ).rejects.toMatchObject({
      code: "vault_key_wrong",
    });
  });

  test("the seal of one connection is of no use in another", async () => {
    const work = await ensure("work");
    const fallback = (await rig.ports.store.connections.byName("notes-api", "default"))!;
    await rig.ports.store.connections.update(work.id, { sealedCredentials: fallback.sealedCredentials });
    await expect(resolve("work")).rejects.toMatchObject({ code: "vault_key_wrong" });
  });
});

describe("at start", () => {
  test("a connection is made once and brought up to date; what a user added stays, where it goes does not", async () => {
    const first = (await rig.ports.store.connections.byName("notes-api", "default"))!;
    expect((await ensureConnection(rig.ports, DEFAULT_CONNECTION)).id).toBe(first.id);
    await ensureConnection(rig.ports, {
      ...DEFAULT_CONNECTION,
      credentials: { adminKey: "a" },
      params: { baseUrl: "https://elsewhere.example" },
    });
    await ensureConnection(rig.ports, DEFAULT_CONNECTION);
    const account = await resolve();
    expect(Object.keys(account.credentials).sort()).toEqual(["adminKey", "apiKey"]);
    expect(account.params).toEqual({});
  });

  test("the sandbox is known by what the start wrote, not by what a user can say", async () => {
    const sandbox = { ...DEFAULT_CONNECTION, name: "sandbox", params: { baseUrl: "http://127.0.0.1:9" } };
    const { id } = await ensureConnection(rig.ports, sandbox);
    expect((await resolve("sandbox")).sandbox).toBe(false);
    await ensureConnection(rig.ports, { ...sandbox, sandbox: true });
    expect((await resolve("sandbox")).sandbox).toBe(true);
    expect((await resolve("default")).sandbox).toBe(false);
    await rig.ports.store.connections.update(id, { params: { baseUrl: "https://real.example" } });
    expect((await resolve("sandbox")).sandbox).toBe(false);
  });

  test("pollers that the manifest gained are added, those it lost are left alone", async () => {
    const before = await rig.ports.store.pollers.all();
    const full = rig.ports.connectors;
    rig.ports.connectors = full.map((c) => ({ ...c, resources: c.resources.filter((r) => r.handle !== "notes") }));
    await ensurePollers(rig.ports);
    expect(await rig.ports.store.pollers.all()).toEqual(before);
    const { connectionId } = before[0]!;
    await rig.ports.store.connections.delete(connectionId);
    await ensureConnection(rig.ports, DEFAULT_CONNECTION);
    expect(await rig.ports.store.pollers.all()).toEqual([]);
    rig.ports.connectors = full;
    await ensurePollers(rig.ports);
    await ensurePollers(rig.ports);
    expect((await rig.ports.store.pollers.all()).map((p) => p.resource)).toEqual(["notes"]);
  });
});
