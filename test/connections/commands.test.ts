import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commands } from "../../src/connections/commands.ts";
import { openCredentials } from "../../src/connections/credentials.ts";
import { ensureConnection } from "../../src/connections/ensure.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { Reply } from "../../src/model/reply.ts";
import { createReadiness } from "../../src/observe/readiness.ts";
import { readState } from "../../src/observe/state.ts";
import { pendingBaselines } from "../../src/subscriptions/baselines.ts";
import { commands as pollerCommands } from "../../src/triggers/commands.ts";
import { sweepsDone } from "../../src/triggers/sweeps.ts";
import { tick } from "../../src/triggers/tick.ts";
import { listOf, replyOf, valueOf } from "../support/call-command.ts";
import { DEFAULT_CONNECTION, Rig } from "../triggers/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
  rig.api.keys.add("sk-work");
});
afterEach(() => rig.close());

const WORK = { connector: "notes-api", name: "work", credentials: { apiKey: "sk-work" } };
const create = (input: object) => valueOf(commands, "connections.create", rig.context(), input);
const update = (id: unknown, change: object) =>
  valueOf(commands, "connections.update", rig.context(), { id, ...change });
const mistakesOf = async (attempt: Promise<unknown>) => {
  const error = await attempt.then(
    () => ({ code: "none", errors: [] }),
    (thrown: { code: string; errors: { at: string; message: string }[] }) => thrown,
  );
  return { code: error.code, at: error.errors.map(({ at }) => at), text: JSON.stringify(error.errors) };
};

describe("make", () => {
  test("probes, names the account, answers 201 with Location, and shows no credential", async () => {
    const reply = await replyOf(commands, "connections.create", rig.context(), WORK);
    expect(commands.find((command) => command.name === "connections.create")?.http.status).toBe(201);
    expect(reply).toMatchObject({
      kind: "value",
      value: {
        connector: "notes-api",
        name: "work",
        credential_fields: ["apiKey"],
        account: "org_7",
        state: "active",
        sandbox: false,
      },
    });
    const { id } = (reply as unknown as { value: { id: string } }).value;
    expect((reply as unknown as { headers: unknown }).headers).toEqual({ location: `/v1/connections/${id}` });
    const shown = JSON.stringify([reply, await listOf(commands, "connections.list", rig.context())]);
    expect(shown).not.toContain("sk-work");
    const stored = await rig.ports.store.connections.get(id);
    expect(JSON.stringify(stored)).not.toContain("sk-work");
  });

  test("takes settings in their own type or as text, and keeps them as text; typed ones were refused", async () => {
    await rig.close();
    const typed = (["Integer", "Boolean", "String"] as const).map((type) => ({ name: `a${type}`, type }));
    rig = await Rig.open({ service: { params: typed } });
    const params = { aInteger: 5, aBoolean: true, aString: 7 };
    const made = await create({ ...WORK, params, probe: false });
    expect(made).toMatchObject({ params: { aInteger: "5", aBoolean: "true", aString: "7" } });
    const change = { params: { aInteger: -6, aBoolean: false, aString: null }, probe: false };
    expect(await update(made.id, change)).toMatchObject({ params: { aInteger: "-6", aBoolean: "false" } });
    for (const attempt of [
      (given: object) => create({ ...WORK, name: "b", ...given }),
      (given: object) => update(made.id, given),
    ]) {
      const wrong = await mistakesOf(attempt({ params: { aIntger: 5, aInteger: true, aBoolean: 1 }, probe: false }));
      expect(wrong).toMatchObject({
        code: "invalid_input",
        at: ["params.aIntger", "params.aInteger", "params.aBoolean"],
      });
      expect(wrong.text).toContain('Did you mean \\"aInteger\\"?');
    }
    expect((await mistakesOf(create({ ...WORK, params: { aInteger: [5] } }))).text).toContain(
      "expected string or number or boolean",
    );
  });

  test("is swept at once", async () => {
    await rig.sweep();
    rig.api.add("a");
    const { id } = await create(WORK);
    await tick(rig.ports);
    await sweepsDone(rig.ports);
    const poller = (await rig.ports.store.pollers.all()).find(({ connectionId }) => connectionId === id);
    expect(poller).toMatchObject({ resource: "notes", items: 1, baselinedAt: rig.clock.now() });
  });

  test("a credential that the provider refuses is not kept, unless the probe is skipped", async () => {
    const wrong = { ...WORK, credentials: { apiKey: "wrong" } };
    await expect(create(wrong)).rejects.toMatchObject({ code: "credential_rejected", upstream: { status: 401 } });
    expect(await rig.ports.store.connections.byName("notes-api", "work")).toBeNull();
    expect(await create({ ...wrong, probe: "false" })).toMatchObject({ account: null });
  });

  test("a provider that is down is not a wrong credential", async () => {
    rig.api.pageFault = () => ({ status: 500 });
    await expect(create(WORK)).rejects.toMatchObject({ code: "upstream_error" });
  });

  test("mistakes come all at once, with what was meant", async () => {
    const found = await mistakesOf(create({ ...WORK, credentials: { apikey: "x" }, params: { regio: "eu" } }));
    expect(found).toMatchObject({
      code: "invalid_input",
      at: ["credentials.apikey", "credentials.apiKey", "params.regio"],
    });
    expect(found.text).toContain('Did you mean \\"apiKey\\"?');
    expect(found.text).toContain('Did you mean \\"region\\"?');
    expect(await mistakesOf(create({ ...WORK, params: { region: "mars" } }))).toMatchObject({ at: ["params.region"] });
    expect(await mistakesOf(create({ ...WORK, connector: "note-api" }))).toMatchObject({ at: ["connector"] });
    expect((await mistakesOf(create({ ...WORK, name: "con_1" }))).code).toBe("invalid_input");
    expect((await mistakesOf(create({ ...WORK, secret: 1 }))).code).toBe("invalid_input");
    expect(rig.api.asked).toEqual([]);
  });

  test("a base URL is public or allowed by the operator", async () => {
    for (const baseUrl of ["http://10.0.0.1/v1", "https://169.254.169.254", "https://localhost", "ftp://x.example"]) {
      await expect(create({ ...WORK, params: { baseUrl } })).rejects.toMatchObject({ code: "invalid_upstream" });
    }
    await create({ ...WORK, params: { baseUrl: "http://127.0.0.1:9/v1" }, probe: false });
  });

  test("a name is taken once for each connector", async () => {
    await create(WORK);
    await expect(create(WORK)).rejects.toMatchObject({ code: "conflict" });
  });

  test("pollers whose optional credential is not there come when it is given", async () => {
    const { id } = await create(WORK);
    const resources = async () =>
      (await rig.ports.store.pollers.all()).filter((p) => p.connectionId === id).map((p) => p.resource);
    expect(await resources()).toEqual(["notes"]);
    await update(id, { credentials: { adminKey: "a" } });
    expect(await resources()).toEqual(["notes", "audits"]);
  });
});

describe("an optional credential that is taken out", () => {
  const MINUTE = 60_000;

  test("has its pollers neither swept nor shown, and they go on from what they know when it is given again", async () => {
    rig.api.keys.add("");
    rig.api.add("n1");
    const { id } = await create({ ...WORK, credentials: { apiKey: "sk-work", adminKey: "a" } });
    const seen = async () =>
      (await listOf(pollerCommands, "pollers.list", rig.context(), { connection: id })) as JsonObject[];
    const audits = async () => {
      const found = (await rig.ports.store.pollers.all()).find((p) => p.connectionId === id && p.resource === "audits");
      if (!found) throw new Error("it has no poller");
      return found;
    };
    const minutes = async (count: number) => {
      for (let n = 0; n < count; n++) {
        await rig.clock.advance(MINUTE);
        await tick(rig.ports);
        await sweepsDone(rig.ports);
      }
    };
    await minutes(1);
    expect((await seen()).map(({ resource }) => resource)).toEqual(["notes", "audits"]);
    const before = await audits();
    expect(before).toMatchObject({ items: 1, consecutiveFailures: 0 });

    await update(id, { credentials: { adminKey: null } });
    rig.api.asked = [];
    rig.api.add("n2");
    await minutes(90);
    expect(rig.api.asked.filter((path) => path.startsWith("/audits"))).toEqual([]);
    expect(await audits()).toMatchObject({
      state: "active",
      consecutiveFailures: 0,
      lastError: null,
      version: before.version,
    });
    expect((await seen()).map(({ resource }) => resource)).toEqual(["notes"]);
    for (const verb of ["get", "run", "pause", "reset"]) {
      const attempt = replyOf(pollerCommands, `pollers.${verb}`, rig.context(), { id: before.id });
      await expect(attempt).rejects.toMatchObject({ code: "not_found" });
    }
    expect((await readState(rig.ports)).pollers.filter(({ poller }) => poller.id === before.id)).toEqual([]);

    await update(id, { credentials: { adminKey: "a" } });
    await rig.events();
    await minutes(1);
    expect(await rig.told()).toEqual(["audits.created n2"]);
    expect((await seen()).map(({ resource }) => resource)).toEqual(["notes", "audits"]);
  });

  test("has its pollers not counted by /health/ready (they were, by their stored state)", async () => {
    const { id } = await create({ ...WORK, credentials: { apiKey: "sk-work", adminKey: "a" } });
    const ready = createReadiness(rig.ports, () => null);
    const counted = async () => {
      await rig.clock.advance(1_000); // what was read within the last second is told again
      return (await ready()).pollers;
    };
    const shown = async () => (await listOf(pollerCommands, "pollers.list", rig.context())).length;
    const before = await shown();
    expect(await counted()).toEqual({ active: before, paused: 0, needs_reauth: 0 });
    await update(id, { credentials: { adminKey: null } });
    expect(await shown()).toBe(before - 1);
    expect(await counted()).toEqual({ active: before - 1, paused: 0, needs_reauth: 0 });
  });

  test("and is given again by the environment has its pollers run at once", async () => {
    const { id } = await create({ ...WORK, credentials: { apiKey: "sk-work", adminKey: "a" } });
    await update(id, { credentials: { adminKey: null } });
    await tick(rig.ports);
    await sweepsDone(rig.ports);
    await rig.clock.advance(1_000);
    const again = { ...DEFAULT_CONNECTION, name: "work", credentials: { apiKey: "sk-work", adminKey: "a" } };
    await ensureConnection(rig.ports, again);
    const own = (await rig.ports.store.pollers.all()).filter((poller) => poller.connectionId === id);
    expect(own.map(({ nextRunAt }) => nextRunAt)).toEqual([rig.clock.now(), rig.clock.now()]);
  });

  test("leaves no baseline to wait for", async () => {
    const { id } = await create({ ...WORK, credentials: { apiKey: "sk-work", adminKey: "a" } });
    const asked = { events: ["audits.*"], connectionId: String(id), ownerConnections: null };
    expect(await pendingBaselines(rig.ports, asked)).toMatchObject([{ resource: "audits" }]);
    await update(id, { credentials: { adminKey: null } });
    expect(await pendingBaselines(rig.ports, asked)).toEqual([]);
  });
});

describe("change", () => {
  let work: JsonObject;
  beforeEach(async () => {
    work = await create({ ...WORK, params: { region: "eu" } });
  });

  test("new credentials are probed and the pollers run at once; others stay", async () => {
    await expect(update(work.id, { credentials: { apiKey: "wrong" } })).rejects.toMatchObject({
      code: "credential_rejected",
    });
    rig.api.keys = new Set(["k", "sk-new"]);
    await rig.clock.advance(1_000);
    expect(await update(work.id, { credentials: { apiKey: "sk-new" } })).toMatchObject({ params: { region: "eu" } });
    const [poller] = (await rig.ports.store.pollers.all()).filter((p) => p.connectionId === work.id);
    expect(poller?.nextRunAt).toBe(rig.clock.now());
    expect(await update(work.id, { params: { region: null } })).toMatchObject({ params: {}, account: "org_7" });
    expect(await update(work.id, { credentials: { apiKey: "unknown" }, probe: false })).toMatchObject({
      account: null,
    });
  });

  test("what decides the host needs all credentials again", async () => {
    await update(work.id, { credentials: { adminKey: "a" } });
    const move = { params: { baseUrl: "https://evil.example" } };
    rig.api.asked = [];
    for (const credentials of [undefined, { apiKey: "sk-work" }]) {
      const found = await mistakesOf(update(work.id, { ...move, ...(credentials ? { credentials } : {}) }));
      expect(found.code).toBe("invalid_input");
      expect(found.at).toContain("credentials.adminKey");
    }
    expect(rig.api.asked).toEqual([]);
    const all = { apiKey: "sk-work", adminKey: "a" };
    expect(await update(work.id, { ...move, credentials: all })).toMatchObject({
      params: { region: "eu", ...move.params },
    });
    expect((await mistakesOf(update(work.id, { params: { baseUrl: null } }))).at).toHaveLength(2);
    expect(await update(work.id, { params: { region: "us" } })).toMatchObject({ params: { region: "us" } });
  });

  describe("two at once", () => {
    /** Runs `meanwhile` while a change waits for the answer to its probe. */
    async function whileProbed(change: object, meanwhile: () => Promise<unknown>): Promise<JsonObject> {
      const { api } = rig;
      const held = Promise.withResolvers<void>();
      api.gate = held.promise;
      const asked = api.asked.length;
      const changed = update(work.id, change);
      while (api.asked.length === asked) await new Promise((resolve) => setImmediate(resolve));
      api.gate = Promise.resolve();
      await meanwhile();
      held.resolve();
      return changed;
    }

    test("a change of settings brings neither the old credential nor the old name back", async () => {
      rig.api.keys.add("sk-new");
      const changed = await whileProbed({ params: { region: "us" } }, () =>
        update(work.id, { name: "better", credentials: { apiKey: "sk-new" } }),
      );
      expect(changed).toMatchObject({ name: "better", params: { region: "us" } });
      const stored = (await rig.ports.store.connections.get(String(work.id)))!;
      expect(stored).toMatchObject({ name: "better", params: { region: "us" } });
      expect(openCredentials(rig.ports.vault, stored).apiKey?.reveal()).toBe("sk-new");
    });

    test("a credential that was not given again does not go to a host that moved meanwhile", async () => {
      const move = { params: { baseUrl: "https://evil.example" }, credentials: { apiKey: "sk-work" } };
      const adminToo = () => update(work.id, { credentials: { adminKey: "a" }, probe: false });
      expect((await mistakesOf(whileProbed(move, adminToo))).at).toEqual(["credentials.adminKey"]);
    });

    test("a change of what was deleted meanwhile is not found", async () => {
      const deleted = () => valueOf(commands, "connections.delete", rig.context(), { id: work.id });
      await expect(whileProbed({ params: { region: "us" } }, deleted)).rejects.toMatchObject({ code: "not_found" });
    });
  });

  test("a required credential cannot be taken away", async () => {
    expect(await mistakesOf(update(work.id, { credentials: { apiKey: null } }))).toMatchObject({
      at: ["credentials.apiKey"],
    });
  });

  test("a test tells whether it works, and marks it when it does not", async () => {
    const run = () => valueOf(commands, "connections.test", rig.context(), { id: work.id });
    expect(await run()).toEqual({ ok: true, account: "org_7", sandbox: false });
    rig.api.keys.delete("sk-work");
    await expect(run()).rejects.toMatchObject({ code: "credential_rejected" });
    const read = () => valueOf(commands, "connections.get", rig.context(), { id: work.id });
    expect(await read()).toMatchObject({ state: "needs_reauth" });
    rig.api.keys.add("sk-work");
    await run();
    expect(await read()).toMatchObject({ state: "active" });
  });

  test("a deletion takes the pollers along, and a second one is as good", async () => {
    const remove = () => valueOf(commands, "connections.delete", rig.context(), { id: work.id });
    expect([await remove(), await remove()]).toEqual([
      { id: work.id, deleted: true },
      { id: work.id, deleted: true },
    ]);
    expect((await rig.ports.store.pollers.all()).filter((p) => p.connectionId === work.id)).toEqual([]);
  });
});

describe("who may", () => {
  test("a key that is bound to connections lists them page by page, as another does", async () => {
    for (const name of ["a", "b", "c", "d"]) await create({ ...WORK, name });
    const all = (await listOf(commands, "connections.list", rig.context())) as JsonObject[];
    const connections = all.slice(1).map(({ id }) => String(id));
    const bound = rig.context({ keyId: "key_2", scopes: ["connections"], connections });
    const page = (asked: object) =>
      replyOf(commands, "connections.list", bound, asked) as Promise<Reply & { kind: "list" }>;
    const first = await page({ limit: 3 });
    const last = await page({ limit: 3, cursor: first.nextCursor });
    expect([first, last].map(({ value }) => value.map((one) => (one as JsonObject).id))).toEqual([
      connections.slice(0, 3),
      connections.slice(3),
    ]);
    expect(last.nextCursor).toBeNull();
    await expect(page({ cursor: "nonsense" })).rejects.toMatchObject({ code: "invalid_cursor" });
  });

  test("a key that is bound to connections sees those alone, and makes none", async () => {
    const work = await create(WORK);
    const bound = rig.context({ keyId: "key_2", scopes: ["connections"], connections: [String(work.id)] });
    const other = (await rig.ports.store.connections.byName("notes-api", "default"))!.id;
    expect((await listOf(commands, "connections.list", bound)).map((c) => (c as JsonObject).name)).toEqual(["work"]);
    for (const name of ["get", "update", "test"]) {
      await expect(replyOf(commands, `connections.${name}`, bound, { id: other })).rejects.toMatchObject({
        code: "not_found",
      });
    }
    await replyOf(commands, "connections.delete", bound, { id: other });
    expect(await rig.ports.store.connections.get(other)).not.toBeNull();
    await expect(replyOf(commands, "connections.create", bound, { ...WORK, name: "x" })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(replyOf(commands, "connections.list", rig.context({ scopes: ["events"] }))).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});
