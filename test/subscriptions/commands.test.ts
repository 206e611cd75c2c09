import { describe, expect, onTestFinished, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { StoredPoller } from "../../src/model/poller.ts";
import { ADMIN, ALICE, actor, BOB, Desk } from "../delivery/desk.ts";
import { Receiver, verified } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";

const URL_ = "https://hooks.example.com/a";

async function refusal(desk: Desk, input: JsonObject, name = "subscriptions.create") {
  return desk.ask(name, input).then(
    () => "accepted",
    (error: Error & { code: string }) => `${error.code}: ${error.message}`,
  );
}

describe("a subscription whose connection was deleted", () => {
  const orphan = async () => {
    const desk = await Desk.open({ schedule: "1h" });
    const [work] = [await desk.connect("work"), await desk.connect("home")];
    const { id } = await desk.subscribe(URL_, { connection: "work", filter: { field: ["data", "id"], equals: "x" } });
    await desk.ports.store.connections.delete(work.id);
    return { desk, id, work, change: (input: JsonObject) => desk.value("subscriptions.update", { id, ...input }) };
  };

  test("shows which one it was: null said that it takes the events of all", async () => {
    const { desk, id, work } = await orphan();
    const shown = { connection: work.id, connection_id: work.id };
    expect(await desk.value("subscriptions.get", { id })).toMatchObject(shown);
    expect(await desk.list("subscriptions.list")).toMatchObject([shown]);
  });

  test("can be changed (that was a 404), and stays with it until another is given", async () => {
    const { change, work } = await orphan();
    expect(await change({ filter: null })).toMatchObject({ filter: null, connection_id: work.id });
    expect(await change({ events: ["skills.*"], connection: work.id })).toMatchObject({ connection_id: work.id });
    await expect(change({ events: ["skils.*"] })).rejects.toThrow('did you mean "skills.*"');
    await expect(change({ connection: "work" })).rejects.toMatchObject({ code: "not_found" });
    expect(await change({ connection: "home" })).toMatchObject({ connection: "home" });
    expect(await change({ connection: null })).toMatchObject({ connection: null, connection_id: null });
  });
});

describe("making a subscription", () => {
  test("answers it with its secret this once, its Location, and the defaults", async () => {
    const desk = await Desk.open();
    const reply = await desk.ask("subscriptions.create", {
      url: URL_,
      events: ["files.*"],
      headers: { "X-Token": "token-of-the-receiver" },
    });
    expect(reply).toMatchObject({
      kind: "value",
      value: {
        id: expect.stringMatching(/^sub_/),
        url: URL_,
        events: ["files.*"],
        connection: null,
        format: "standard",
        headers: { "x-token": "********" },
        timeout: 15,
        max_in_flight: 10,
        rate_limit: null,
        ordered: false,
        ordering_key: null,
        status: "active",
        secret: expect.stringMatching(/^whsec_/),
        pending_baselines: [],
      },
    });
    const made = (reply.kind === "value" ? reply.value : null) as JsonObject;
    expect(reply).toMatchObject({ headers: { location: `/v1/subscriptions/${String(made.id)}` } });
    const read = await desk.value("subscriptions.get", { id: String(made.id) });
    expect(read).not.toHaveProperty("secret");
    expect(JSON.stringify(read)).not.toContain("token-of-the-receiver");
    const stored = JSON.stringify(await desk.ports.store.subscriptions.get(String(made.id)));
    expect(stored).not.toContain("token-of-the-receiver");
    expect(stored).not.toContain(String(made.secret));
  });

  test.each([
    "url",
    "target_url",
    "targetUrl",
    "callbackUrl",
    "callback_url",
    "webhookUrl",
    "notificationUrl",
    "hookUrl",
  ])("takes the address as %s", async (name) => {
    const desk = await Desk.open();
    expect(await desk.value("subscriptions.create", { [name]: URL_, events: ["*"] })).toMatchObject({ url: URL_ });
  });

  test.each<[string, JsonObject, string]>([
    ["no address", { events: ["*"] }, "give the URL"],
    ["two addresses", { url: URL_, hookUrl: `${URL_}b`, events: ["*"] }, "give one URL"],
    ["a private address", { url: "https://10.0.0.1/", events: ["*"] }, "invalid_target"],
    ["plain http", { url: "http://example.com/", events: ["*"] }, "invalid_target"],
    ["no events", { url: URL_, events: [] }, "name at least one type"],
    ["a misspelt type", { url: URL_, events: ["files.creatd"] }, 'did you mean "files.created"?'],
    ["a misspelt pattern", { url: URL_, events: ["file.*"] }, 'did you mean "files.*"?'],
    ["an unknown type", { url: URL_, events: ["zebra"] }, "GET /v1/event-types lists them"],
    ["a pattern of another language", { url: URL_, events: ["*.created"] }, "is not a pattern"],
    ["a short secret", { url: URL_, events: ["*"], secret: "whsec_c2hvcnQ=" }, "24 to 64 bytes"],
    ["a long time-out", { url: URL_, events: ["*"], timeout: "31s" }, "1 to 30 s"],
    ["a time-out that is none", { url: URL_, events: ["*"], timeout: "soon" }, "is not a duration"],
    ["none in flight", { url: URL_, events: ["*"], max_in_flight: 0 }, "max_in_flight"],
    ["an unknown connection", { url: URL_, events: ["*"], connection: "nope" }, "not_found"],
    ["an unknown member", { url: URL_, events: ["*"], colour: "red" }, "colour: it is not known here"],
    [
      "an unknown format",
      { url: URL_, events: ["*"], format: "xml" },
      'there is no "xml" here. There is "standard", "thin"',
    ],
    ["a rate of nothing", { url: URL_, events: ["*"], rate_limit: {} }, 'write {"per_second": 5}'],
    ["a rate in words", { url: URL_, events: ["*"], rate_limit: "5 an hour" }, "or text such as 5/s"],
    ["a rate said twice", { url: URL_, events: ["*"], rate_limit: "5/s, 6/sec" }, "or text such as 5/s"],
    ["a rate of none", { url: URL_, events: ["*"], rate_limit: "0/s" }, "rate_limit.per_second"],
    ["a key that leads nowhere", { url: URL_, events: ["*"], ordering_key: "dat.id" }, "such as data.id"],
    ["a key with an empty step", { url: URL_, events: ["*"], ordering_key: "data..id" }, "such as data.id"],
    ["a key of many values", { url: URL_, events: ["*"], ordering_key: ["data", "*", "id"] }, "such as data.id"],
    [
      "a key and no order",
      { url: URL_, events: ["*"], ordering_key: "data.id", ordered: false },
      "leave one of them out",
    ],
    ["a tag that is empty", { url: URL_, events: ["*"], tags: [""] }, "tags.0"],
    ["too many tags", { url: URL_, events: ["*"], tags: Array.from({ length: 21 }, String) }, "tags: Too big"],
  ])("refuses %s", async (_, input, words) => {
    const desk = await Desk.open();
    expect(await refusal(desk, input)).toContain(words);
    expect(await desk.list("subscriptions.list")).toEqual([]);
  });

  test("the same again is the same one, without its secret; anything else is another", async () => {
    const desk = await Desk.open();
    const asked = { url: URL_, events: ["files.created", "files.deleted"] };
    const first = await desk.value("subscriptions.create", asked);
    const again = await desk.value("subscriptions.create", { ...asked, events: ["files.deleted", "files.created"] });
    expect(again).toMatchObject({ id: first.id, existing: true });
    expect(again).not.toHaveProperty("secret");
    const others: JsonObject[] = [{ url: `${URL_}/2` }, { events: ["files.created"] }, { format: "raw" }];
    for (const other of others) {
      expect((await desk.value("subscriptions.create", { ...asked, ...other })).id).not.toBe(first.id);
    }
    expect((await desk.value("subscriptions.create", asked, BOB)).id).not.toBe(first.id);
  });

  test("one that is gone is woken when it is asked for again, and a secret that is brought signs too", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start(status(410), status(200));
    onTestFinished(() => to.stop());
    const { id, secret } = await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "disabled", reason: "gone" });
    const brought = `whsec_${Buffer.alloc(24, 5).toString("base64")}`;
    const again = await desk.value("subscriptions.create", { url: to.url(), events: ["files.*"], secret: brought });
    expect(again).toMatchObject({ id, existing: true, status: "active", reason: null });
    await desk.tell();
    await desk.drain();
    const last = to.received().at(-1)!;
    for (const one of [secret, brought]) expect(verified(last, one, desk.clock.now())).toEqual(last.body);
  });

  test("names the pollers that have no baseline yet", async () => {
    const desk = await Desk.open();
    const work = await desk.connect("work");
    const home = await desk.connect("home");
    const poller = (id: string, connectionId: string, resource: string, baselinedAt: number | null): StoredPoller => ({
      id,
      connectionId,
      connector: "claude-api",
      resource,
      name: "main",
      state: "active",
      version: 0,
      generation: 0,
      keyPrint: "",
      pagesPrint: null,
      items: 0,
      held: 0,
      baselinedAt,
      lastStartedAt: null,
      lastSuccessAt: null,
      lastCompleteAt: null,
      consecutiveFailures: 0,
      lastError: null,
      nextRunAt: 0,
      cadence: "regular",
      createdAt: 0,
    });
    await desk.ports.store.pollers.create(poller("pol_1", work.id, "files", null));
    await desk.ports.store.pollers.create(poller("pol_2", work.id, "skills", 5));
    await desk.ports.store.pollers.create(poller("pol_3", home.id, "files", null));
    await desk.ports.store.pollers.create(poller("pol_4", work.id, "models", null));
    const pending = async (input: JsonObject, as = ALICE) =>
      (await desk.value("subscriptions.create", { url: URL_, ...input }, as)).pending_baselines;
    expect(await pending({ events: ["files.*", "skills.*"], connection: "work" })).toEqual([
      { id: "pol_1", connector: "claude-api", connection: "work", resource: "files", name: "main" },
    ]);
    expect(await pending({ events: ["files.created"] })).toMatchObject([{ id: "pol_1" }, { id: "pol_3" }]);
    expect(await pending({ events: ["*"] }, actor("key_bound", [work.id]))).toMatchObject([
      { id: "pol_1" },
      { id: "pol_4" },
    ]);
  });
});

describe("whose it is", () => {
  test("another's is not found, and deleting it does nothing", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_);
    for (const name of ["get", "update", "pause", "resume", "test", "rotate_secret"]) {
      await expect(desk.ask(`subscriptions.${name}`, { id }, BOB)).rejects.toMatchObject({ code: "not_found" });
    }
    expect(await desk.value("subscriptions.delete", { id }, BOB)).toEqual({ id, deleted: true });
    expect(await desk.value("subscriptions.delete_by_url", { url: URL_ }, BOB)).toMatchObject({
      ids: [],
      deleted: true,
    });
    expect(await desk.list("subscriptions.list", {}, BOB)).toEqual([]);
    expect(await desk.list("subscriptions.list", {}, ADMIN)).toMatchObject([{ id }]);
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ id });
  });

  test("so are another's deliveries", async () => {
    const desk = await Desk.open({ schedule: "1h" });
    await desk.subscribe(URL_);
    await desk.tell();
    const [delivery] = await desk.list("deliveries.list");
    expect(await desk.list("deliveries.list", {}, BOB)).toEqual([]);
    for (const name of ["get", "retry", "cancel"]) {
      const asked = desk.ask(`deliveries.${name}`, { id: String(delivery?.id) }, BOB);
      await expect(asked).rejects.toMatchObject({ code: "not_found" });
    }
    expect(await desk.list("deliveries.list", { status: "pending" }, ADMIN)).toHaveLength(1);
  });

  test("a key bound to connections subscribes only to theirs", async () => {
    const desk = await Desk.open({ schedule: "1h" });
    const work = await desk.connect("work");
    const home = await desk.connect("home");
    const bound = actor("key_bound", [work.id]);
    const asked = desk.ask("subscriptions.create", { url: URL_, events: ["*"], connection: "home" }, bound);
    await expect(asked).rejects.toMatchObject({ code: "not_found" });
    await desk.subscribe(URL_, {}, bound);
    await desk.tell({ connectionId: home.id, connection: "home" });
    const seen = await desk.tell({ connectionId: work.id, connection: "work" });
    expect(await desk.list("deliveries.list", {}, bound)).toMatchObject([{ event: seen.id }]);
  });
});

describe("a key that loses its rights", () => {
  const keyed = async (desk: Desk) => {
    const key = { ...actor("key_carol"), hash: "h", createdAt: 0, revokedAt: null };
    await desk.ports.store.keys.create(key);
    return key;
  };

  test("while it subscribes has nothing of it: the subscription that was not there yet is not left behind", async () => {
    const desk = await Desk.open();
    const carol = await keyed(desk);
    for (const [n, loss] of [{ revokedAt: 1 }, { connections: ["con_9"] }].entries()) {
      const making = desk.subscribe(`https://hooks.example.com/${n}`, {}, carol);
      // What is stored first is the key's loss.
      const lost = desk.ports.store.keys.update(carol.keyId, loss, true, desk.clock.now());
      await expect(Promise.all([making, lost])).rejects.toMatchObject({ code: "forbidden" });
      await desk.ports.store.keys.update(carol.keyId, { revokedAt: null, connections: null }, false, 0);
    }
    const left = await desk.list("subscriptions.list", {}, carol);
    expect(left.map(({ status: state, reason }) => [state, reason])).toEqual([
      ["disabled", "key_revoked"],
      ["disabled", "key_revoked"],
    ]);
  });

  test("cannot have the events of a connection by retrying what it missed of it", async () => {
    const desk = await Desk.open();
    const [work, home] = [await desk.connect("work"), await desk.connect("home")];
    const to = await Receiver.start();
    onTestFinished(() => to.stop());
    const carol = await keyed(desk);
    const { id } = await desk.subscribe(to.url(), {}, carol);
    await desk.ports.store.keys.update(carol.keyId, { connections: [home.id] }, true, desk.clock.now());
    await desk.tell({ connectionId: work.id, connection: "work" });
    await desk.value("subscriptions.resume", { id }, carol);
    await desk.tell({ connectionId: home.id, connection: "home" });
    await desk.drain();
    const missed = (await desk.list("deliveries.list", { status: "skipped" }, carol))[0];
    await desk.value("deliveries.retry", { id: String(missed?.id) }, carol);
    await desk.drain();
    expect(to.received().map(({ body }) => body.connection)).toEqual(["home"]);
    expect(await desk.value("deliveries.get", { id: String(missed?.id) }, carol)).toMatchObject({
      status: "skipped",
      reason: "key_narrowed",
      attempts: [],
    });
  });
});

describe("finding and deleting", () => {
  test("by URL, as platforms do", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_);
    await desk.subscribe(`${URL_}/other`);
    expect(await desk.list("subscriptions.list", { url: URL_ })).toMatchObject([{ id }]);
    expect(await desk.value("subscriptions.delete_by_url", { url: URL_ })).toMatchObject({
      id,
      ids: [id],
      deleted: true,
    });
    expect(await desk.value("subscriptions.delete_by_url", { hookUrl: URL_ })).toMatchObject({
      id: null,
      deleted: true,
    });
    expect(await desk.list("subscriptions.list", { url: URL_ })).toEqual([]);
    await expect(desk.ask("subscriptions.get", { id })).rejects.toMatchObject({ code: "not_found" });
  });

  test("deleting is fine a second time, and its deliveries stay readable by their owner", async () => {
    const desk = await Desk.open({ schedule: "1h" });
    const { id } = await desk.subscribe(URL_);
    await desk.tell();
    const [delivery] = await desk.list("deliveries.list");
    for (let n = 0; n < 2; n++) expect(await desk.value("subscriptions.delete", { id })).toEqual({ id, deleted: true });
    const read = { id: String(delivery?.id) };
    expect(await desk.value("deliveries.get", read)).toMatchObject({ status: "cancelled" });
    await expect(desk.ask("deliveries.retry", read)).rejects.toMatchObject({ code: "conflict" });
  });

  test("by tag, together with the URL, and never another's", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_, { tags: ["eu", "chat"] });
    const other = await desk.subscribe(`${URL_}/other`, { tags: ["chat"] });
    await desk.subscribe(`${URL_}/bob`, { tags: ["chat"] }, BOB);
    const ids = async (asked: JsonObject) => (await desk.list("subscriptions.list", asked)).map((one) => one.id);
    expect(await ids({ tag: "chat" })).toEqual([id, other.id]);
    expect(await ids({ tag: "chat", url: URL_ })).toEqual([id]);
    expect(await ids({ tag: "ch" })).toEqual([]);
    expect(await desk.value("subscriptions.update", { id, tags: ["us"] })).toMatchObject({ tags: ["us"] });
    expect([await ids({ tag: "eu" }), await ids({ tag: "us" })]).toEqual([[], [id]]);
    const first = await desk.ask("subscriptions.list", { tag: "chat", limit: "1" }, ADMIN);
    const cursor = first.kind === "list" ? first.nextCursor : null;
    expect(await desk.list("subscriptions.list", { tag: "chat", cursor }, ADMIN)).toHaveLength(1);
  });

  test("pages through many", async () => {
    const desk = await Desk.open();
    for (let n = 0; n < 5; n++) await desk.subscribe(`${URL_}/${n}`);
    const first = await desk.ask("subscriptions.list", { limit: "3" });
    const cursor = first.kind === "list" ? first.nextCursor : null;
    expect(await desk.list("subscriptions.list", { limit: "3", cursor })).toHaveLength(2);
  });
});

describe("changing", () => {
  test("what is not given stays; null clears", async () => {
    const desk = await Desk.open();
    await desk.connect("work");
    const { id } = await desk.subscribe(URL_, {
      description: "mine",
      tags: ["a"],
      headers: { "x-a": "1" },
      connection: "work",
    });
    expect(await desk.value("subscriptions.update", { id, timeout: "20s", max_in_flight: 2 })).toMatchObject({
      timeout: 20,
      max_in_flight: 2,
      description: "mine",
      tags: ["a"],
      headers: { "x-a": "********" },
      connection: "work",
      events: ["files.*"],
    });
    const cleared = await desk.value("subscriptions.update", {
      id,
      description: null,
      headers: null,
      connection: null,
    });
    expect(cleared).toMatchObject({ description: null, headers: {}, connection: null });
    expect(await desk.value("subscriptions.get", { id })).toEqual(cleared);
  });

  test("a new host needs the headers again, so that nobody has them sent elsewhere", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_, { headers: { authorization: "Bearer t0p" } });
    const elsewhere = { id, url: "https://evil.example.com/" };
    expect(await refusal(desk, elsewhere, "subscriptions.update")).toContain("give the headers again");
    expect(await desk.value("subscriptions.update", { id, url: `${URL_}/2` })).toMatchObject({ url: `${URL_}/2` });
    expect(await desk.value("subscriptions.update", { ...elsewhere, headers: null })).toMatchObject({ headers: {} });
  });

  test.each<[string, JsonObject, string]>([
    ["a private URL", { url: "https://localhost/" }, "invalid_target"],
    ["an unknown type", { events: ["file.created"] }, 'did you mean "files.created"?'],
    ["a secret", { secret: "whsec_x" }, "secret: it is not known here"],
    ["a rate that is a number", { rate_limit: 5 }, "or text such as 5/s"],
  ])("refuses %s", async (_, change, words) => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_);
    expect(await refusal(desk, { id, ...change }, "subscriptions.update")).toContain(words);
  });
});

describe("pausing and resuming", () => {
  test("keeps what is missed, counts it, and lets it be retried", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start();
    onTestFinished(() => to.stop());
    const { id } = await desk.subscribe(to.url());
    expect(await desk.value("subscriptions.pause", { id })).toMatchObject({ status: "paused", reason: "paused" });
    await desk.tell();
    const missed = await desk.tell();
    await desk.drain();
    expect(to.received()).toEqual([]);
    const [skipped] = await desk.list("deliveries.list", { event: missed.id });
    expect(skipped).toMatchObject({ status: "skipped", reason: "paused" });
    const retry = { id: String(skipped?.id) };
    await expect(desk.ask("deliveries.retry", retry)).rejects.toMatchObject({ code: "conflict" });
    expect(await desk.value("subscriptions.resume", { id })).toMatchObject({
      status: "active",
      reason: null,
      missed: 2,
    });
    await desk.ask("deliveries.retry", retry);
    await desk.drain();
    expect(to.received()).toMatchObject([{ id: missed.id }]);
    expect(await desk.value("subscriptions.resume", { id })).toMatchObject({ missed: 1 });
  });

  test("one whose key was revoked stays disabled", async () => {
    const desk = await Desk.open();
    const { keys } = desk.ports.store;
    const key = { ...ALICE, hash: "h", createdAt: 0, revokedAt: null };
    await keys.create(key);
    const { id } = await desk.subscribe(URL_);
    await keys.update(ALICE.keyId, { revokedAt: 5 }, true, 5);
    expect(await desk.value("subscriptions.get", { id }, ADMIN)).toMatchObject({
      status: "disabled",
      reason: "key_revoked",
    });
    await expect(desk.ask("subscriptions.resume", { id }, ADMIN)).rejects.toMatchObject({ code: "conflict" });
  });

  test("pausing a disabled one leaves it disabled", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_);
    await desk.ports.store.subscriptions.update(id, { status: "disabled", reason: "gone" });
    expect(await desk.value("subscriptions.pause", { id })).toMatchObject({ status: "disabled", reason: "gone" });
  });
});

describe("rotating the secret", () => {
  test("with one that is brought and no overlap, only it signs", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start();
    onTestFinished(() => to.stop());
    const { id, secret: old } = await desk.subscribe(to.url());
    const secret = `whsec_${Buffer.alloc(64, 9).toString("base64")}`;
    const rotated = await desk.value("subscriptions.rotate_secret", { id, secret, overlap: "0s" });
    expect(rotated).toMatchObject({ id, secret });
    await desk.tell();
    await desk.drain();
    const [webhook] = to.received();
    expect(verified(webhook!, secret, desk.clock.now())).toEqual(webhook?.body);
    expect(() => verified(webhook!, old, desk.clock.now())).toThrow();
  });

  test("ends the old one at once, too, when the new one signs already: it went on for its day", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start();
    onTestFinished(() => to.stop());
    const { id, secret: leaked } = await desk.subscribe(to.url());
    const { secret } = await desk.value("subscriptions.rotate_secret", { id });
    const asked = { id, secret: String(secret), overlap: "0s" };
    const ended = await desk.value("subscriptions.rotate_secret", asked);
    expect(ended.old_valid_until).toBe(new Date(desk.clock.now()).toISOString());
    await desk.tell();
    await desk.drain();
    const [webhook] = to.received();
    expect(verified(webhook!, String(secret), desk.clock.now())).toEqual(webhook?.body);
    expect(() => verified(webhook!, leaked, desk.clock.now())).toThrow("No matching signature");
  });

  test("a subscription asked for again with the secret that signs already leaves the old one its time", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start();
    onTestFinished(() => to.stop());
    const { id } = await desk.subscribe(to.url());
    const { secret } = await desk.value("subscriptions.rotate_secret", { id, overlap: "7d" });
    await desk.value("subscriptions.create", { url: to.url(), events: ["files.*"], secret: String(secret) });
    await desk.advance(2 * 24 * 3_600_000);
    await desk.tell();
    await desk.drain();
    expect(to.received()[0]?.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
  });

  test("with the longest overlap both sign for a week, judged at each try, and the new one is shown this once", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start();
    onTestFinished(() => to.stop());
    const brought = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    const { id, secret: old } = await desk.subscribe(to.url(), { secret: brought });
    expect(old).toBe(brought);
    const { secret, old_valid_until: until } = await desk.value("subscriptions.rotate_secret", { id, overlap: "7d" });
    expect(Date.parse(String(until)) - desk.clock.now()).toBe(7 * 24 * 3_600_000);
    const signers = async () => {
      await desk.tell();
      await desk.drain();
      const webhook = to.received().at(-1)!;
      expect(verified(webhook, String(secret), desk.clock.now())).toEqual(webhook.body);
      return webhook.headers["webhook-signature"]?.split(" ").length;
    };
    await desk.advance(7 * 24 * 3_600_000 - 1);
    expect(await signers()).toBe(2);
    await desk.advance(1);
    expect(await signers()).toBe(1);
    const shown = JSON.stringify([
      await desk.value("subscriptions.get", { id }),
      await desk.list("subscriptions.list"),
    ]);
    expect(shown).not.toContain("whsec_");
    const stored = JSON.stringify(await desk.ports.store.subscriptions.get(id));
    for (const one of [brought, String(secret)]) expect(stored).not.toContain(one.slice("whsec_".length));
  });

  test.each<JsonObject>([{ overlap: "8d" }, { overlap: -1 }, { secret: "hunter2" }])("refuses %j", async (input) => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_);
    expect(await refusal(desk, { id, ...input }, "subscriptions.rotate_secret")).toContain("invalid_input");
  });
});

describe("testing", () => {
  test("sends a signed sample of one of its types and tells how it went, storing nothing", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start(status(200), status(500));
    onTestFinished(() => to.stop());
    const { id, secret } = await desk.subscribe(to.url(), { events: ["files.*", "skills.deleted"] });
    const outcome = await desk.value("subscriptions.test", { id });
    const [webhook] = to.received();
    expect(outcome).toMatchObject({ ok: true, event: webhook?.id, type: "files.created", class: "ok", status: 200 });
    expect(verified(webhook!, secret, desk.clock.now())).toMatchObject({
      type: "files.created",
      connector: "claude-api",
    });
    const failed = await desk.value("subscriptions.test", { id, type: "skills.deleted" });
    expect(failed).toMatchObject({
      ok: false,
      type: "skills.deleted",
      class: "http_5xx",
      error: "the receiver answered 500",
    });
    expect(await desk.list("events.list")).toEqual([]);
    expect(await desk.list("deliveries.list")).toEqual([]);
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ consecutive_failures: 0 });
    expect(await refusal(desk, { id, type: "models.created" }, "subscriptions.test")).toContain("not among");
  });
});
