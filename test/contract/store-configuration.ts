import { beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/contract.ts";
import {
  aConnection,
  aDelivery,
  aKey,
  anItem,
  aPoller,
  aSubscription,
  aSweep,
  NOW,
  told,
} from "../support/store-rows.ts";

/** Connections, keys, subscriptions and settings. */
export function configurationSuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });

  describe("connections", () => {
    it("are stored with their pollers, and found by id and by name", async () => {
      const connection = aConnection("con_1", { name: "work", account: "Acme" });
      await store.connections.create(connection, [aPoller("pol_1"), aPoller("pol_2")]);
      expect(await store.connections.get("con_1")).toEqual(connection);
      expect(await store.connections.byName("claude-api", "work")).toEqual(connection);
      expect(await store.connections.byName("other", "work")).toBeNull();
      expect(await store.connections.get("con_2")).toBeNull();
      expect(await store.connections.all()).toEqual([connection]);
      expect(await store.pollers.all()).toEqual([aPoller("pol_1"), aPoller("pol_2")]);
    });

    it("refuse a name that is taken, pollers and all", async () => {
      await store.connections.create(aConnection("con_1", { name: "work" }), []);
      const second = store.connections.create(aConnection("con_2", { name: "work" }), [aPoller("pol_2")]);
      await expect(second).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining('"work"') });
      expect(await store.pollers.all()).toEqual([]);
      await store.connections.create(aConnection("con_3", { name: "work", connector: "other" }), []);
    });

    it("change only what a patch names", async () => {
      await store.connections.create(aConnection("con_1"), []);
      await store.connections.update("con_1", { state: "needs_reauth", params: {}, account: undefined });
      await store.connections.update("con_1", {});
      await store.connections.update("con_1", { sealedTokens: { default: "v1.abc.tok" } });
      expect(await store.connections.get("con_1")).toEqual(
        aConnection("con_1", { state: "needs_reauth", params: {}, sealedTokens: { default: "v1.abc.tok" } }),
      );
    });

    it("go with their pollers, items and sweeps, and leave their events", async () => {
      await store.connections.create(aConnection("con_1"), [aPoller("pol_1")]);
      await store.connections.create(aConnection("con_2"), [aPoller("pol_2", { connectionId: "con_2" })]);
      for (const pollerId of ["pol_1", "pol_2"]) {
        const sweep = aSweep(`swp of ${pollerId}`, pollerId);
        const its = { pollerId, expectVersion: 0, patch: {}, items: [anItem("a")], sweep, told: [told(pollerId)] };
        await store.commitPoll(its);
      }
      expect(await store.connections.delete("con_1")).toBe(true);
      expect(await store.connections.delete("con_1")).toBe(false);
      expect(await store.connections.all()).toEqual([aConnection("con_2")]);
      expect((await store.pollers.all()).map((poller) => poller.id)).toEqual(["pol_2"]);
      await store.prune(0, 10); // bit by bit, however many there are
      expect(await store.pollers.itemNumbers("pol_1", 0, 10)).toEqual([]);
      expect(await store.pollers.itemNumbers("pol_2", 0, 10)).toHaveLength(1);
      expect(await store.pollers.sweeps("pol_1", 10)).toEqual([]);
      expect((await store.events.list({ limit: 10, connections: null })).items).toHaveLength(2);
    });
  });

  describe("keys", () => {
    it("are found by id and by hash, revoked ones too", async () => {
      const key = aKey("key_1", { connections: ["con_1"], scopes: ["admin"] });
      await store.keys.create(key);
      await store.keys.update("key_1", { revokedAt: NOW + 1 }, false, NOW + 1);
      expect(await store.keys.byHash(key.hash)).toEqual({ ...key, revokedAt: NOW + 1 });
      expect(await store.keys.get("key_1")).toEqual({ ...key, revokedAt: NOW + 1 });
      expect(await store.keys.byHash("another")).toBeNull();
      expect(await store.keys.get("key_2")).toBeNull();
    });

    it("take their subscriptions along when they are told to", async () => {
      await store.keys.create(aKey("key_1"));
      await store.subscriptions.create(aSubscription("sub_1"));
      await store.subscriptions.create(aSubscription("sub_2", { owner: "key_2" }));
      await store.keys.update("key_1", { name: "renamed" }, false, NOW + 1);
      expect(await store.subscriptions.get("sub_1")).toEqual(aSubscription("sub_1"));
      await store.keys.update("key_1", { revokedAt: NOW + 2, connections: ["con_9"] }, true, NOW + 2);
      const disabled = aSubscription("sub_1", { status: "disabled", reason: "key_revoked", updatedAt: NOW + 2 });
      expect(await store.subscriptions.all()).toEqual([disabled, aSubscription("sub_2", { owner: "key_2" })]);
      expect((await store.subscriptions.list({ limit: 1, owner: "key_1" })).items).toEqual([disabled]);
      expect(await store.keys.get("key_1")).toMatchObject({ name: "renamed", connections: ["con_9"] });
    });
  });

  describe("subscriptions", () => {
    it("are read as they were written, from memory and from the database", async () => {
      const full = aSubscription("sub_1", {
        connectionId: "con_1",
        ownerConnections: ["con_1", "con_2"],
        secrets: [
          { sealed: "new", until: null },
          { sealed: "old", until: NOW },
        ],
        sealedHeaders: "v1.x.y",
        headerNames: ["x-token"],
        description: "line\nline",
        holdUntil: NOW,
      });
      await store.subscriptions.create(full);
      expect(await store.subscriptions.get("sub_1")).toEqual(full);
      expect((await store.subscriptions.list({ limit: 1, owner: null })).items).toEqual([full]);
      expect(await store.subscriptions.get("sub_2")).toBeNull();
    });

    it("change only what a patch names", async () => {
      await store.subscriptions.create(aSubscription("sub_1", { holdUntil: NOW }));
      await store.subscriptions.update("sub_1", { holdUntil: null, tags: [], description: undefined });
      await store.subscriptions.update("sub_1", {});
      const changed = aSubscription("sub_1", { holdUntil: null, tags: [] });
      expect(await store.subscriptions.get("sub_1")).toEqual(changed);
      expect((await store.subscriptions.list({ limit: 1, owner: null })).items).toEqual([changed]);
    });

    it("are listed by owner, by url and by tag", async () => {
      await store.subscriptions.create(aSubscription("sub_1", { url: "https://a.example.com/", tags: ["b", "c"] }));
      await store.subscriptions.create(aSubscription("sub_2", { owner: "key_2" }));
      const ids = async (filter: { owner: string | null; url?: string; tag?: string }) =>
        (await store.subscriptions.list({ limit: 10, ...filter })).items.map((subscription) => subscription.id);
      expect(await ids({ owner: null })).toEqual(["sub_1", "sub_2"]);
      expect(await ids({ owner: "key_2" })).toEqual(["sub_2"]);
      expect(await ids({ owner: null, url: "https://a.example.com/" })).toEqual(["sub_1"]);
      expect(await ids({ owner: "key_2", url: "https://a.example.com/" })).toEqual([]);
      expect(await ids({ owner: null, tag: "b" })).toEqual(["sub_1", "sub_2"]);
      expect(await ids({ owner: null, tag: "c" })).toEqual(["sub_1"]);
      expect(await ids({ owner: "key_2", tag: "c" })).toEqual([]);
    });

    it("keep a filter, a template and an end as they are, and nothing where there is none", async () => {
      const filter = { all: [{ field: ["data", "size"], gt: 10 }] };
      const whole = aSubscription("sub_1", { filter, template: '{"a": {{data}}}', expiresAt: NOW });
      await store.subscriptions.create(whole);
      await store.subscriptions.create(aSubscription("sub_2"));
      const read = async () => (await store.subscriptions.list({ limit: 2, owner: null })).items;
      expect(await read()).toEqual([whole, aSubscription("sub_2")]);
      const none = { filter: null, template: null, expiresAt: null };
      await store.subscriptions.update("sub_1", none);
      expect(await read()).toEqual([aSubscription("sub_1"), aSubscription("sub_2")]);
    });

    it("go with their jobs; what was pending is cancelled and stays readable for its owner", async () => {
      await store.subscriptions.create(aSubscription("sub_1"));
      await store.subscriptions.create(aSubscription("sub_2"));
      const skipped = told(2, { delivery: { status: "skipped", nextAttemptAt: null } });
      const other = told(3, { delivery: { subscriptionId: "sub_2" } });
      await store.commitEvents({ told: [told(1), skipped, other], deliveries: [], jobs: [] });
      expect(await store.subscriptions.delete("sub_1", NOW + 5)).toBe(true);
      expect(await store.subscriptions.delete("sub_1", NOW + 6)).toBe(false);
      expect(await store.subscriptions.all()).toEqual([aSubscription("sub_2")]);
      expect(await store.deliveries.get("dlv_1")).toEqual(
        aDelivery("dlv_1", {
          status: "cancelled",
          reason: "subscription_deleted",
          nextAttemptAt: null,
          updatedAt: NOW + 5,
        }),
      );
      expect(await store.deliveries.get("dlv_2")).toMatchObject({ status: "skipped" });
      expect(await store.deliveries.get("dlv_3")).toMatchObject({ status: "pending" });
      expect((await store.jobs.groups("deliver")).map((found) => found.group)).toEqual(["sub_2"]);
      expect((await store.deliveries.list({ limit: 10, owner: "key_1" })).items).toHaveLength(3);
    });
  });

  it("subscriptions go with thousands pending in many short commits: one of all of them held everything up", async () => {
    await store.subscriptions.create(aSubscription("sub_1"));
    const lanes = Array.from({ length: 2_500 }, (_, n) => told(n + 1, { delivery: { lane: n % 2 === 0 ? "" : null } }));
    await store.commitEvents({ told: lanes, deliveries: [], jobs: [] });
    await Promise.all([store.subscriptions.delete("sub_1", NOW + 5), store.subscriptions.delete("sub_1", NOW + 5)]);
    expect(await store.deliveries.counts()).toMatchObject({ pending: 0, cancelled: 2_500 });
    expect(await store.jobs.groups("deliver")).toEqual([]);
  });

  it("settings are set and set again", async () => {
    expect(await store.settings.get("vault")).toBeNull();
    await store.settings.set("vault", "a");
    await store.settings.set("vault", "b");
    expect(await store.settings.get("vault")).toBe("b");
  });
}
