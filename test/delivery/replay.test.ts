import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { receiver } from "../support/receiver.ts";
import { silence, status } from "../support/upstream.ts";
import { ADMIN, ALICE, actor, BOB, Desk } from "./desk.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Asks for a replay; gives its job's id. */
async function replay(desk: Desk, id: string, input: JsonObject = {}, as = ALICE): Promise<string> {
  return String((await desk.value("subscriptions.replay", { id, ...input }, as)).id);
}

/** Asks for a replay and turns the clock on until it has ended and all of it is out; gives the job. */
async function replayed(desk: Desk, id: string, input: JsonObject = {}, as = ALICE): Promise<JsonObject> {
  const job = await replay(desk, id, input, as);
  for (let n = 0; n < 100; n++) {
    await desk.advance(SECOND);
    const run = await desk.value("jobs.get", { id: job }, as);
    if (run.finished_at !== null) {
      await desk.advance(2 * SECOND);
      return run;
    }
  }
  throw new Error("the replay does not come to an end");
}

const ids = (many: { id?: unknown }[]) => many.map(({ id }) => id);

/** A subscription with an event for each answer, told a second apart and never tried again by itself. */
async function told(desk: Desk, answers: number[], types: string[] = []) {
  const to = await receiver(...answers.map((code) => status(code)));
  const { id } = await desk.subscribe(to.url(), { events: ["*"], retry_schedule: "0s" });
  const events = [];
  for (const n of answers.keys()) {
    events.push(await desk.tell({ type: types[n] ?? "files.created" }));
    await desk.advance(SECOND);
  }
  to.script(status(200));
  return { to, id, events, again: () => ids(to.received().slice(answers.length)) };
}

describe("a replay of a subscription", () => {
  test("sends what failed again: under the same ids, the oldest first, each once, and tells how far it is", async () => {
    const desk = await Desk.open();
    const { id, events, again } = await told(desk, [500, 200, 500, 500, 404]);
    const { kind: _, ...accepted } = await desk.ask("subscriptions.replay", { id });
    expect(accepted).toMatchObject({
      status: 202,
      value: {
        connector: "tidewire",
        operation: "subscriptions.replay",
        state: "pending",
        progress: { done: 0, total: null },
      },
      headers: { location: expect.stringMatching(/^\/v1\/jobs\/job_/) },
    });
    await desk.advance(SECOND);
    const [run] = await desk.list("jobs.list");
    expect(run).toMatchObject({ state: "succeeded", progress: { done: 4, total: 4, capped: false } });
    expect(run).not.toHaveProperty("result"); // as of any job in the list
    expect(again()).toEqual(ids(events.filter((_, n) => n !== 1)));
    expect(await desk.list("deliveries.list", { status: "delivered" })).toHaveLength(5);
    const [first] = await desk.list("deliveries.list", { event: events[0]!.id });
    expect(await desk.value("deliveries.get", { id: String(first?.id) })).toMatchObject({
      attempts: [{ trigger: "schedule" }, { number: 2, trigger: "manual", class: "ok" }],
    });
    expect(await replayed(desk, id)).toMatchObject({ state: "succeeded", progress: { done: 0, total: 0 } });
  });

  test("keeps to types, times and its limit", async () => {
    const desk = await Desk.open();
    const types = ["files.created", "skills.created", "files.deleted", "files.created", "skills.created"];
    const { id, events, again } = await told(desk, [500, 500, 500, 500, 500], types);
    const at = (n: number) => new Date(events[n]!.timestamp).toISOString();
    await replayed(desk, id, { types: ["files.created"], since: at(1) });
    expect(again()).toEqual([events[3]!.id]);
    await replayed(desk, id, { types: ["skills.*"], until: at(4) });
    expect(again().slice(1)).toEqual([events[1]!.id]);
    expect(await replayed(desk, id, { limit: 2 })).toMatchObject({ progress: { done: 2, total: 2, capped: true } });
    expect(again().slice(2)).toEqual(ids([events[0]!, events[2]!]));
    await expect(replay(desk, id, { types: ["fils.created"] })).rejects.toMatchObject({
      errors: [{ at: "types.0", message: expect.stringContaining('did you mean "files.created"') }],
    });
  });

  test("takes one type as a text, and `type` for `types`", async () => {
    const desk = await Desk.open();
    const { id, events, again } = await told(desk, [500, 500], ["files.created", "skills.created"]);
    await replayed(desk, id, { type: "skills.created" });
    expect(again()).toEqual([events[1]!.id]);
    await replayed(desk, id, { types: "files.*" });
    expect(again().slice(1)).toEqual([events[0]!.id]);
    expect(await replayed(desk, id, { type: ["files.created"], status: "delivered", dry_run: true })).toMatchObject({
      progress: { total: 1 },
      replay: { types: ["files.created"] },
    });
    await expect(replay(desk, id, { type: "fils.created" })).rejects.toMatchObject({ errors: [{ at: "type.0" }] });
  });

  test("has a result once it is over, and null before", async () => {
    const desk = await Desk.open();
    const { id } = await told(desk, [500, 500, 500]);
    const job = await replay(desk, id, { limit: 2 });
    expect(await desk.value("jobs.get", { id: job })).toMatchObject({ state: "pending", result: null });
    for (let n = 0; n < 3; n++) await desk.advance(SECOND);
    expect(await desk.value("jobs.get", { id: job })).toMatchObject({
      state: "succeeded",
      progress: { done: 2, total: 2, capped: true },
      result: { replayed: 2, capped: true },
    });
    expect(await replayed(desk, id, { dry_run: true })).toMatchObject({ result: { replayed: 0, capped: false } });
  });

  test("goes no faster than its rate", async () => {
    const desk = await Desk.open();
    const { id, again } = await told(
      desk,
      Array.from({ length: 30 }, () => 500),
    );
    await replay(desk, id, { rate: 5 });
    await desk.advance(0);
    for (let second = 1; second <= 6; second++) {
      await desk.advance(SECOND - 1);
      expect(again()).toHaveLength(second * 5);
      await desk.advance(1);
    }
  });

  test("a dry run counts and sends nothing", async () => {
    const desk = await Desk.open();
    const { id, again } = await told(desk, [500, 200, 500]);
    const counted = await replayed(desk, id, { status: ["failed", "delivered"], dry_run: true });
    expect(counted).toMatchObject({ state: "succeeded", progress: { done: 0, total: 3 }, replay: { dry_run: true } });
    expect(again()).toEqual([]);
  });

  test("leaves alone what is on its way, and what was delivered unless that is asked for", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(200), status(500));
    const { id } = await desk.subscribe(to.url(), { retry_schedule: ["0s", "1h"] });
    const delivered = await desk.tell();
    await desk.drain();
    await desk.tell();
    await desk.drain();
    const statuses = ["failed", "skipped", "cancelled", "missing"];
    expect(await replayed(desk, id, { status: statuses })).toMatchObject({ progress: { total: 0 } });
    expect(to.received()).toHaveLength(2);
    to.script(status(200));
    expect(await replayed(desk, id, { status: "delivered" })).toMatchObject({ progress: { done: 1, total: 1 } });
    expect(ids(to.received().slice(2))).toEqual([delivered.id]);
  });

  test("what is sent again begins its schedule anew", async () => {
    const desk = await Desk.open({ schedule: "0s,5s" });
    const to = await receiver(status(500), status(500), status(500), status(200));
    const { id } = await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    await desk.advance(5 * SECOND);
    expect(await desk.list("deliveries.list", { status: "failed" })).toHaveLength(1);
    await replay(desk, id);
    await desk.advance(SECOND);
    const [pending] = await desk.list("deliveries.list");
    expect(pending).toMatchObject({ status: "pending", attempt_count: 3 });
    await desk.advance(5 * SECOND);
    expect(await desk.list("deliveries.list")).toMatchObject([{ status: "delivered", attempt_count: 4 }]);
  });

  test("is at its end when nothing is meant", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe("https://example.com/hook");
    expect(await replayed(desk, id, { status: ["missing", "failed"] })).toMatchObject({ state: "succeeded" });
  });
});

describe("what was missed", () => {
  test("while it was paused is counted at its resumption, since the last one, and can be sent", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    const { id } = await desk.subscribe(to.url());
    await desk.value("subscriptions.pause", { id });
    const missed = [await desk.tell(), await desk.tell()];
    await desk.advance(MINUTE);
    const resumed = await desk.value("subscriptions.resume", { id });
    expect(resumed).toMatchObject({
      missed: 2,
      replay: { method: "POST", path: `/v1/subscriptions/${id}/replay`, body: { status: "skipped" } },
    });
    expect(to.received()).toHaveLength(0);
    const { body } = resumed.replay as { body: JsonObject };
    expect(await replayed(desk, id, body)).toMatchObject({ progress: { done: 2, total: 2 } });
    expect(ids(to.received())).toEqual(ids(missed));

    await desk.value("subscriptions.pause", { id });
    await desk.tell();
    await desk.advance(MINUTE);
    const again = await desk.value("subscriptions.resume", { id });
    expect(again).toMatchObject({ missed: 1 });
    await desk.advance(MINUTE);
    const { replay } = await desk.value("subscriptions.resume", { id }); // a lost answer can be had again
    expect(replay).toEqual(again.replay);
    await replayed(desk, id, (replay as { body: JsonObject }).body);
    expect(await desk.value("subscriptions.resume", { id })).toMatchObject({ missed: 0, replay: null });
  });

  test.each([
    [410, "gone", {}],
    [500, "failing", { failingSince: 0, consecutiveFailures: 19 }],
  ])("is also the event whose try (%d) had it disabled (%s): it was never sent", async (code, reason, health) => {
    const desk = await Desk.open();
    const to = await receiver(status(code), status(204));
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await desk.ports.store.subscriptions.update(id, { ...health, updatedAt: desk.clock.now() + 1 });
    const told = await desk.tellMany(4);
    await desk.drain();
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "disabled", reason });
    const resumed = await desk.value("subscriptions.resume", { id });
    expect(resumed.missed).toBe(4);
    const { body } = resumed.replay as { body: JsonObject };
    expect(await replayed(desk, id, body)).toMatchObject({ progress: { done: 4, total: 4 } });
    expect(ids(to.received().slice(1))).toEqual(ids(told));
  });

  test.each([
    [10_001, 10_001],
    [100_001, 100_000],
  ])("is sent whole, up to what a replay may: of %d, %d", async (count, limit) => {
    const desk = await Desk.open({
      wrap: (store) => ({
        ...store,
        deliveries: { ...store.deliveries, missed: async () => ({ statuses: ["skipped"], count, first: 0 }) },
      }),
    });
    const { id } = await desk.subscribe("https://hooks.example.com/a");
    expect(await desk.value("subscriptions.resume", { id })).toMatchObject({
      missed: count,
      replay: { body: { limit } },
    });
  });

  test("before it existed, or while it asked for other things, is missing: sent once, and not what it had", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    const before = [await desk.tell(), await desk.tell({ type: "skills.created" }), await desk.tell()];
    await desk.advance(MINUTE);
    const { id } = await desk.subscribe(to.url(), { events: ["files.*"] });
    await desk.tell();
    const other = await desk.tell({ type: "skills.created" });
    await desk.drain();
    expect(await replayed(desk, id, { status: "missing" })).toMatchObject({ progress: { done: 2, total: 2 } });
    expect(ids(to.received().slice(1))).toEqual(ids([before[0]!, before[2]!]));
    await desk.value("subscriptions.update", { id, events: ["files.*", "skills.*"] });
    await replayed(desk, id, { status: "missing" });
    expect(ids(to.received().slice(3))).toEqual(ids([before[1]!, other]));
    expect(await replayed(desk, id, { status: "missing" })).toMatchObject({ progress: { total: 0 } });
  });

  test("among thousands of others is found, a limit cuts it, and the next replay goes on there", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    await desk.tellMany(1_200, (n) => ({ type: n % 3 === 0 ? "files.created" : "skills.created" }));
    const { id } = await desk.subscribe(to.url(), { max_in_flight: 100 });
    const half = { status: "missing", limit: 250, rate: 1_000 };
    expect(await replayed(desk, id, half)).toMatchObject({ progress: { done: 250, total: 250, capped: true } });
    expect(await replayed(desk, id, half)).toMatchObject({ progress: { done: 150, total: 150, capped: false } });
    expect(new Set(ids(to.received())).size).toBe(400);
    expect(to.received()).toHaveLength(400);
  });

  test("goes out with what failed in the order of the log, so that a limit takes the oldest (they came last)", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(500));
    const missing = await desk.tellMany(3);
    const { id } = await desk.subscribe(to.url(), { events: ["*"], retry_schedule: "0s" });
    const failed = await desk.tellMany(2);
    await desk.drain();
    to.script(status(200));
    const tried = to.received().length;
    const job = await replayed(desk, id, { status: ["failed", "missing"], limit: 4 });
    expect(job).toMatchObject({ progress: { done: 4, total: 4, capped: true } });
    expect(ids(to.received().slice(tried))).toEqual(ids([...missing, ...failed].slice(0, 4)));
    expect(await replayed(desk, id, { status: ["failed", "missing"] })).toMatchObject({ progress: { total: 1 } });
    expect(ids(to.received().slice(-1))).toEqual(ids(failed.slice(1)));
  });

  test("is never what Tidewire tells of the endpoint itself, or of another's subscription", async () => {
    const desk = await Desk.open({ schedule: "0s" });
    const to = await receiver(status(500));
    const mine = await desk.subscribe(to.url(), { events: ["files.*"] });
    await desk.subscribe(to.url("/bob"), { events: ["files.*"] }, BOB);
    await desk.tell();
    await desk.drain();
    expect(await desk.list("events.list", { type: "tidewire.delivery.exhausted" })).toHaveLength(2);
    const bound = actor("key_bound", ["con_1"]);
    const watching = await desk.subscribe(to.url("/watch"), { events: ["tidewire.*"] });
    const same = await desk.subscribe(`${to.url().toUpperCase().replace("/HOOK", "/hook")}`, {
      events: ["tidewire.*"],
    });
    const others = await desk.subscribe(to.url("/bound"), { events: ["tidewire.*"] }, bound);
    to.script(status(200));
    await replayed(desk, mine.id, { status: "missing" });
    expect(await replayed(desk, watching.id, { status: "missing" })).toMatchObject({ progress: { total: 2 } });
    expect(await replayed(desk, same.id, { status: "missing" })).toMatchObject({ progress: { total: 1 } });
    expect(await replayed(desk, others.id, { status: "missing" }, bound)).toMatchObject({ progress: { total: 0 } });
    const told = (path: string) =>
      to
        .received(path)
        .flatMap(({ body: { type, data } }) =>
          String(type).startsWith("tidewire.") ? [(data as JsonObject).subscription] : [],
        );
    expect(told("/hook")).not.toContain(mine.id);
    expect(told("/watch")).toHaveLength(2);
  });
});

describe("what Tidewire told of an endpoint", () => {
  /** An alarm about a failing subscription, skipped by another that was paused and now has the failing one's URL. */
  const turned = async () => {
    const desk = await Desk.open({ schedule: "0s" });
    const failing = await receiver(status(500));
    const { id } = await desk.subscribe(failing.url());
    const ops = await desk.subscribe("https://ops.example/", { events: ["tidewire.*"] });
    await desk.ask("subscriptions.pause", { id: ops.id });
    await desk.tell();
    await desk.drain();
    await desk.ask("subscriptions.update", { id: ops.id, url: failing.url() });
    await desk.ask("subscriptions.resume", { id: ops.id });
    const [delivery] = await desk.list("deliveries.list", { subscription: ops.id });
    const tried = failing.received().length;
    return { desk, id, ops, delivery: String(delivery?.id), sent: () => failing.received().length - tried };
  };

  test("is not sent to it by a replay of what was skipped (it was)", async () => {
    const { desk, ops, sent } = await turned();
    expect(await replayed(desk, ops.id, { status: "skipped" })).toMatchObject({ progress: { total: 0 } });
    expect(sent()).toBe(0);
  });

  test("is not sent to it by hand either (it was)", async () => {
    const { desk, delivery, sent } = await turned();
    await expect(desk.ask("deliveries.retry", { id: delivery })).rejects.toMatchObject({ code: "conflict" });
    await desk.drain();
    expect(sent()).toBe(0);
  });

  test("may be sent once that subscription is no more", async () => {
    const { desk, id, ops, delivery, sent } = await turned();
    await desk.ask("subscriptions.delete", { id });
    expect(await replayed(desk, ops.id, { status: "skipped", dry_run: true })).toMatchObject({
      progress: { total: 1 },
    });
    await desk.ask("deliveries.retry", { id: delivery });
    await desk.drain();
    expect(sent()).toBe(1);
  });
});

describe("the subscription as it is now", () => {
  test("decides: what it does not ask for any more is left out, and the format is the present one", async () => {
    const desk = await Desk.open();
    const { id, to, again, events } = await told(desk, [500, 500], ["files.created", "skills.created"]);
    await desk.value("subscriptions.update", { id, events: ["files.*"], format: "raw" });
    expect(await replayed(desk, id)).toMatchObject({ progress: { done: 1, total: 1 } });
    expect(again()).toEqual([events[0]!.id]);
    expect(to.received().at(-1)?.body).toEqual(events[0]!.data);
  });

  test("decides: what its key may not see any more is left out", async () => {
    const desk = await Desk.open();
    const { id, again } = await told(desk, [500]);
    await desk.ports.store.subscriptions.update(id, { ownerConnections: ["con_2"], updatedAt: desk.clock.now() + 1 });
    expect(await replayed(desk, id, { status: ["failed", "missing"] })).toMatchObject({ progress: { total: 0 } });
    expect(again()).toEqual([]);
  });

  test.each(["pause", "delete"])("%s ends a replay that is under way, and says why", async (verb) => {
    const desk = await Desk.open();
    const { id, again } = await told(
      desk,
      Array.from({ length: 10 }, () => 500),
    );
    const job = await replay(desk, id, { rate: 2 });
    await desk.advance(SECOND);
    await desk.value(`subscriptions.${verb}`, { id });
    await desk.advance(10 * SECOND);
    expect(await desk.value("jobs.get", { id: job })).toMatchObject({ state: "failed", error: { code: "conflict" } });
    expect(again().length).toBeLessThan(5);
    expect(again().length).toBeGreaterThan(1);
  });

  test("must be active when a replay is asked for", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe("https://example.com/hook");
    await desk.value("subscriptions.pause", { id });
    await expect(replay(desk, id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("resume it"),
    });
  });
});

test("a replay of no time at all is refused: it ended at once, and had sent nothing", async () => {
  const desk = await Desk.open();
  const { id } = await desk.subscribe("https://example.com/hook");
  const none = { id, since: "2027-01-01T00:00:00Z", until: "2026-01-01T00:00:00Z" };
  await expect(desk.value("subscriptions.replay", none)).rejects.toMatchObject({
    code: "invalid_input",
    errors: [{ at: "until" }],
  });
});

describe("a replay that is cancelled", () => {
  test("makes nothing more due, and what it made due goes out", async () => {
    const desk = await Desk.open();
    const { id, again } = await told(
      desk,
      Array.from({ length: 20 }, () => 500),
    );
    const job = await replay(desk, id, { rate: 4 });
    await desk.advance(SECOND);
    const cancelled = await desk.value("jobs.cancel", { id: job });
    expect(cancelled).toMatchObject({ state: "running", cancel_requested: true, progress: { total: 20 } });
    await desk.advance(10 * SECOND);
    const ended = await desk.value("jobs.get", { id: job });
    expect(ended).toMatchObject({ state: "cancelled", finished_at: expect.any(String) });
    expect(again()).toHaveLength((ended.progress as { done: number }).done);
    expect(again().length).toBeLessThanOrEqual(8);
  });

  test("before it began does nothing at all", async () => {
    const desk = await Desk.open();
    const { id, again } = await told(desk, [500]);
    await desk.ports.jobs.stop(0); // nothing begins
    const job = await replay(desk, id);
    expect(await desk.value("jobs.cancel", { id: job })).toMatchObject({ state: "cancelled" });
    await desk.ports.jobs.start();
    await desk.advance(MINUTE);
    expect(again()).toEqual([]);
  });
});

describe("what is new", () => {
  test("never waits behind more than a second's worth of a replay, however slow the receiver is", async () => {
    const desk = await Desk.open();
    const { id, to } = await told(
      desk,
      Array.from({ length: 400 }, () => 500),
    );
    to.script(silence);
    await replay(desk, id, { rate: 1_000 });
    await desk.clock.advance(10 * SECOND);
    const due = await desk.ports.store.jobs.due("deliver", id, desk.clock.now(), 1_000);
    expect(due.length).toBeGreaterThanOrEqual(100);
    expect(due.length).toBeLessThan(200);
    to.script(status(200));
    await desk.advance(MINUTE);
    await desk.advance(HOUR);
    expect(await desk.list("deliveries.list", { status: "pending" })).toEqual([]);
    expect(new Set(ids(to.received().slice(400))).size).toBe(400);
  });
});

describe("a replay in order", () => {
  test("lays no more than a second's worth before what is new: all of it stood there at once, and a cancel stopped none", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await desk.value("subscriptions.pause", { id });
    await desk.tellMany(300);
    await desk.value("subscriptions.resume", { id });
    to.script(silence);
    const job = await replay(desk, id, { status: "skipped", rate: 1_000 });
    await desk.clock.advance(10 * SECOND);
    const pending = async () => (await desk.ports.store.deliveries.counts()).pending;
    expect(await pending()).toBeGreaterThanOrEqual(100);
    expect(await pending()).toBeLessThanOrEqual(200);
    await desk.value("jobs.cancel", { id: job });
    to.script(status(200));
    await desk.advance(MINUTE);
    expect(await pending()).toBe(0);
    expect(await desk.list("deliveries.list", { status: "skipped", limit: 200 })).not.toEqual([]);
  });
});

describe("whose replay it is", () => {
  test("is asked for and seen by the owner and by admins alone, with the scope for subscriptions", async () => {
    const desk = await Desk.open();
    const { id } = await told(desk, [500]);
    await expect(replay(desk, id, {}, BOB)).rejects.toMatchObject({ code: "not_found" });
    const job = await replay(desk, id);
    await expect(desk.value("jobs.get", { id: job }, BOB)).rejects.toMatchObject({ code: "not_found" });
    await expect(desk.value("jobs.cancel", { id: job }, BOB)).rejects.toMatchObject({ code: "not_found" });
    expect(await desk.list("jobs.list", {}, BOB)).toEqual([]);
    expect(ids(await desk.list("jobs.list", {}, ADMIN))).toEqual([job]);
    const reader = { ...ALICE, scopes: ["actions:read"] as const };
    expect(await desk.list("jobs.list", {}, reader)).toEqual([]);
    await expect(desk.value("jobs.get", { id: job }, reader)).rejects.toMatchObject({ code: "forbidden" });
    await expect(replay(desk, id, {}, reader)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("of a key that is bound to connections is seen by it, also when its subscription names none", async () => {
    const desk = await Desk.open();
    const bound = actor("key_bound", ["con_1"]);
    const { id } = await desk.subscribe("https://example.com/hook", {}, bound);
    const job = await replay(desk, id, {}, bound);
    expect(ids(await desk.list("jobs.list", {}, bound))).toEqual([job]);
    expect(await desk.value("jobs.get", { id: job }, bound)).toMatchObject({ id: job });
  });

  test("of a connection that its key lost is seen by it no more", async () => {
    const desk = await Desk.open();
    const [lost, kept] = [await desk.connect("lost"), await desk.connect("kept")];
    const { id } = await desk.subscribe("https://example.com/hook", { connection: lost.id });
    const job = await replay(desk, id);
    const narrowed = { ...ALICE, connections: [kept.id] };
    expect(await desk.list("jobs.list", {}, narrowed)).toEqual([]);
    for (const act of ["jobs.get", "jobs.cancel"])
      await expect(desk.value(act, { id: job }, narrowed)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("one event", () => {
  test("goes again to all of the caller's that ask for it now, under its id, whatever became of it", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    await desk.subscribe(to.url("/had"));
    await desk.subscribe(to.url("/bob"), {}, BOB);
    const event = await desk.tell();
    await desk.drain();
    await desk.subscribe(to.url("/new"));
    await desk.subscribe(to.url("/skills"), { events: ["skills.*"] });
    const paused = await desk.subscribe(to.url("/paused"));
    await desk.value("subscriptions.pause", { id: paused.id });
    const answer = await desk.value("events.replay", { id: event.id });
    expect(answer).toMatchObject({ event: event.id, deliveries: [{ status: "pending" }, { status: "pending" }] });
    await desk.drain();
    const arrived = (path: string) => ids(to.received(path));
    expect(["/had", "/new", "/bob", "/skills", "/paused"].map(arrived)).toEqual([
      [event.id, event.id],
      [event.id],
      [event.id],
      [],
      [],
    ]);
    expect(await desk.list("deliveries.list", { event: event.id })).toHaveLength(2);
  });

  test("goes to one subscription when that is said; one on its way is left alone", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(500));
    const { id } = await desk.subscribe(to.url());
    await desk.subscribe(to.url("/other"));
    const event = await desk.tell();
    await desk.drain();
    const before = await desk.list("deliveries.list", { subscription: id });
    expect(await desk.value("events.replay", { id: event.id, subscription: id })).toMatchObject({ deliveries: before });
    await desk.drain();
    expect(to.received()).toHaveLength(2);
  });

  test("that tells of another's subscription goes to nobody who may not hear of it", async () => {
    const desk = await Desk.open({ schedule: "0s" });
    const to = await receiver(status(500));
    await desk.subscribe(to.url("/bob"), {}, BOB);
    await desk.tell();
    await desk.drain();
    const [alarm] = await desk.list("events.list", { type: "tidewire.delivery.exhausted" });
    const bound = actor("key_bound", ["con_1"]);
    const ear = await receiver();
    const { id } = await desk.subscribe(ear.url(), { events: ["tidewire.*"] }, bound);
    const ask = (input: JsonObject) => desk.value("events.replay", { id: String(alarm?.id), ...input }, bound);
    expect(await ask({})).toMatchObject({ deliveries: [] });
    await expect(ask({ subscription: id })).rejects.toMatchObject({ code: "conflict" });
    await desk.drain();
    expect(ear.received()).toEqual([]);
  });

  test("is refused for what is another's, not there, not asked for or not active", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe("https://example.com/hook");
    const event = await desk.tell({ type: "skills.created" });
    const ask = (input: JsonObject, as = ALICE) => desk.value("events.replay", input, as);
    await expect(ask({ id: "evt_1" })).rejects.toMatchObject({ code: "not_found" });
    await expect(ask({ id: event.id }, actor("key_b", ["con_2"]))).rejects.toMatchObject({ code: "not_found" });
    await expect(ask({ id: event.id, subscription: id }, BOB)).rejects.toMatchObject({ code: "not_found" });
    await expect(ask({ id: event.id, subscription: id })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("does not ask for"),
    });
    await desk.value("subscriptions.update", { id, events: ["*"] });
    await desk.value("subscriptions.pause", { id });
    await expect(ask({ id: event.id, subscription: id })).rejects.toMatchObject({ code: "conflict" });
    await expect(ask({ id: event.id }, { ...ALICE, scopes: ["events"] })).rejects.toMatchObject({ code: "forbidden" });
  });
});
