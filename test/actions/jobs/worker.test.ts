import { describe, expect, it, onTestFinished } from "vitest";
import { createRunWorker } from "../../../src/actions/jobs/worker.ts";
import type { AsyncSource } from "../../../src/manifest/schema/async.ts";
import { Desk } from "./desk.ts";

const CREATE = "POST /tasks";
const READ = "GET /tasks/t1";
const CANCEL = "POST /tasks/t1/cancel";

async function open(rule: Partial<AsyncSource> = {}): Promise<Desk> {
  const desk = await Desk.open(rule);
  onTestFinished(() => desk.ports.store.close());
  return desk;
}

/** Goes on until the job has ended; gives the waits between the steps, in seconds. */
async function toTheEnd(desk: Desk): Promise<number[]> {
  const waits: number[] = [];
  for (let wait = await desk.nextDue(); wait !== null; wait = await desk.nextDue()) {
    waits.push(wait);
    await desk.clock.advance(wait * 1_000);
    await desk.step();
  }
  return waits;
}

describe("something that is awaited", () => {
  it("is created once and read by its schedule until it is done, its progress shown", async () => {
    const desk = await open();
    const id = await desk.ask("tasks.create", { title: "a" });
    expect(await desk.job(id)).toMatchObject({ state: "pending", progress: null });
    await desk.step();
    expect(await desk.job(id)).toMatchObject({
      state: "running",
      progress: 0,
      result: { id: "t1", state: "open" },
      finished_at: null,
    });
    expect(await toTheEnd(desk)).toEqual([10, 10, 10]);
    expect(await desk.job(id)).toMatchObject({
      state: "succeeded",
      progress: 3,
      result: { id: "t1", state: "done" },
      results: `/v1/jobs/${id}/results`,
      finished_at: "2026-11-20T08:00:30.000Z",
    });
    expect(desk.api.received).toEqual([CREATE, READ, READ, READ]);
  });

  it("is read less and less often, up to the bound", async () => {
    const desk = await open();
    desk.api.readsUntilDone = 40;
    await desk.ask("tasks.create", { title: "a" });
    const waits = await toTheEnd(desk);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(new Set(waits.slice(0, 11))).toEqual(new Set([0, 10]));
    expect(waits.at(-1)).toBe(60);
  });

  it("that is over at once is not read", async () => {
    const desk = await open({ done: ["open"] });
    const id = await desk.ask("tasks.create", { title: "a" });
    await desk.step();
    expect(await desk.job(id)).toMatchObject({ state: "succeeded", results: `/v1/jobs/${id}/results` });
    expect(desk.api.received).toEqual([CREATE]);
  });

  it("fails when the provider says that it failed, and keeps what it said", async () => {
    const desk = await open();
    desk.api.endState = "broken";
    const id = await desk.ask("tasks.create", { title: "a" });
    await toTheEnd(desk);
    const job = await desk.job(id);
    expect(job).toMatchObject({ state: "failed", error: { code: "upstream_error" }, result: { state: "broken" } });
    expect(job).not.toHaveProperty("results");
  });

  it("fails when it is not over in time, with a last look at the deadline", async () => {
    const desk = await open({ within: "25s" });
    desk.api.readsUntilDone = 99;
    const id = await desk.ask("tasks.create", { title: "a" });
    expect(await toTheEnd(desk)).toEqual([0, 10, 10, 5]);
    expect(await desk.job(id)).toMatchObject({ state: "failed", error: { code: "upstream_timeout" } });
  });

  it("fails when the answer has no key to await it by", async () => {
    const desk = await open();
    desk.api.fault = (request) => (request === CREATE ? { status: 200, body: { state: "open" } } : undefined);
    const id = await desk.ask("tasks.create", { title: "a" });
    await desk.step();
    expect(await desk.job(id)).toMatchObject({ state: "failed", error: { code: "upstream_invalid" } });
    expect(await desk.nextDue()).toBeNull();
  });

  describe("when a read fails", () => {
    it.each([500, 429, 401])("with %i, is read again later each time, and goes on", async (status) => {
      const desk = await open();
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      desk.api.fault = () => (desk.api.count(READ) <= 4 ? { status } : undefined);
      expect(await toTheEnd(desk)).toEqual([10, 20, 40, 80, 160, 31, 34.1]);
      expect(await desk.job(id)).toMatchObject({ state: "succeeded", progress: 3 });
    });

    it("for as long as it is awaited, ends with that failure", async () => {
      const desk = await open();
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      desk.api.fault = () => ({ status: 503 });
      const waits = await toTheEnd(desk);
      expect(waits.reduce((sum, wait) => sum + wait)).toBe(3_600);
      expect(await desk.job(id)).toMatchObject({
        state: "failed",
        error: { code: "upstream_error", upstream: { status: 503 } },
        result: { id: "t1" },
      });
    });

    it("because the record is missing for a moment, goes on (one 404 is no proof that it is gone)", async () => {
      const desk = await open();
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      desk.api.fault = () => (desk.api.count(READ) === 1 ? { status: 404 } : undefined);
      expect(await toTheEnd(desk)).toEqual([10, 20, 10, 10]);
      expect(await desk.job(id)).toMatchObject({ state: "succeeded", progress: 3 });
    });

    it("because the record is gone, ends when that was said five times in a row", async () => {
      const desk = await open();
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      desk.api.fault = () => ({ status: 404 });
      expect(await toTheEnd(desk)).toEqual([10, 20, 40, 80, 160]);
      expect(await desk.job(id)).toMatchObject({ state: "failed", error: { upstream: { status: 404 } } });
    });

    it("because the record is missing for a moment amid other failures, goes on (a 404 after four 5xx ended it)", async () => {
      const desk = await open({ within: "24h" });
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      const statuses = [500, 500, 500, 500, 404, 404, 503, 404, 404, 404, 404];
      desk.api.fault = () => {
        const status = statuses[desk.api.count(READ) - 1];
        return status === undefined ? undefined : { status };
      };
      await toTheEnd(desk);
      expect(await desk.job(id)).toMatchObject({ state: "succeeded", progress: 3 });
    });

    it("because the connection is gone, ends at once and asks nobody", async () => {
      const desk = await open();
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      const [connection] = await desk.ports.store.connections.all();
      await desk.ports.store.connections.delete(connection?.id ?? "");
      expect(await toTheEnd(desk)).toEqual([10]);
      expect(await desk.job(id)).toMatchObject({ state: "failed", error: { code: "not_found" } });
      expect(desk.api.count(READ)).toBe(0);
    });
  });

  describe("when it is cancelled", () => {
    it("the provider is asked at once, and the end is awaited", async () => {
      const desk = await open();
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      expect(await desk.cancel(id)).toMatchObject({ state: "running", cancel_requested: true });
      expect(await toTheEnd(desk)).toEqual([0, 0]);
      expect(await desk.job(id)).toMatchObject({
        state: "cancelled",
        result: { state: "stopped" },
        results: `/v1/jobs/${id}/results`,
      });
      expect(desk.api.received).toEqual([CREATE, CANCEL, READ]);
      expect(await desk.cancel(id)).toEqual(await desk.job(id));
    });

    it("but the provider refuses, it ends as it would have", async () => {
      const desk = await open();
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      await desk.cancel(id);
      desk.api.fault = (request) => (request === CANCEL ? { status: 400 } : undefined);
      await toTheEnd(desk);
      expect(await desk.job(id)).toMatchObject({ state: "succeeded", cancel_requested: true });
      expect(desk.api.count(CANCEL)).toBe(1);
    });

    it("and the record is missing for a moment, the provider is asked again", async () => {
      const desk = await open({ cancel: "halt" });
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      await desk.cancel(id);
      desk.api.fault = () => (desk.api.count(CANCEL) === 1 ? { status: 404 } : undefined);
      expect(await toTheEnd(desk)).toEqual([0, 20, 0]);
      expect(await desk.job(id)).toMatchObject({ state: "cancelled" });
      expect(desk.api.received).toEqual([CREATE, CANCEL, CANCEL, READ]);
    });

    it("while it is created, it is cancelled as soon as it is there", async () => {
      const desk = await open();
      const id = await desk.ask("tasks.create", { title: "a" });
      const send = desk.ports.upstream;
      desk.ports.upstream = async (...request) => {
        expect(await desk.cancel(id)).toMatchObject({ state: "running", cancel_requested: true });
        return send(...request);
      };
      await desk.step();
      desk.ports.upstream = send;
      expect(await toTheEnd(desk)).toEqual([0, 0]);
      expect(await desk.job(id)).toMatchObject({ state: "cancelled" });
    });

    it("and the API has no way to, it says so", async () => {
      const desk = await open({ cancel: undefined });
      const id = await desk.ask("tasks.create", { title: "a" });
      await desk.step();
      await expect(desk.cancel(id)).rejects.toMatchObject({ code: "conflict" });
      await toTheEnd(desk);
      expect(await desk.job(id)).toMatchObject({ state: "succeeded" });
    });
  });
});

describe("the results of what has ended", () => {
  const RESULTS = "GET /tasks/t1/results";

  async function ended(): Promise<[Desk, id: string]> {
    const desk = await open({ done: ["open"] });
    const id = await desk.ask("tasks.create", { title: "a" });
    await desk.step();
    return [desk, id];
  }

  it("are asked for again when the provider does not have them yet", async () => {
    const [desk, id] = await ended();
    desk.api.fault = () => (desk.api.count(RESULTS) === 1 ? { status: 404 } : undefined);
    const reply = desk.results(id);
    await desk.clock.advance(1_000);
    expect((await reply).kind).toBe("rows");
    expect(desk.api.count(RESULTS)).toBe(2);
  });

  it("are not there when the provider says so three times", async () => {
    const [desk, id] = await ended();
    desk.api.fault = () => ({ status: 404 });
    const refused = desk.results(id).catch((error: unknown) => error);
    await desk.clock.advance(4_000);
    expect(await refused).toMatchObject({ upstream: { status: 404 } });
    expect(desk.api.count(RESULTS)).toBe(3);
  });
});

describe("a run that was taken over from a worker that died", () => {
  /** Runs the due job as a worker whose process dies once the request was sent. */
  async function die(desk: Desk): Promise<void> {
    const lease = await desk.due();
    if (!lease) throw new Error("nothing is due");
    await new Promise<void>((resolve) => {
      const upstream: typeof desk.ports.upstream = (...request) => {
        void desk.ports.upstream(...request).then(() => resolve());
        return new Promise(() => undefined);
      };
      void createRunWorker({ ...desk.ports, upstream }).run(lease, new AbortController().signal);
    });
  }

  it("ends with outcome_unknown when its call changes something", async () => {
    const desk = await open();
    const id = await desk.ask("tasks.ping");
    await die(desk);
    expect(await desk.job(id)).toMatchObject({ state: "running" });
    await desk.step();
    expect(await desk.job(id)).toMatchObject({ state: "failed", error: { code: "outcome_unknown", status: 409 } });
    expect(desk.api.count("POST /tasks/ping")).toBe(1);
  });

  it("makes a call again that only reads", async () => {
    const desk = await open();
    const id = await desk.ask("tasks.count");
    await die(desk);
    await desk.step();
    expect(await desk.job(id)).toMatchObject({ state: "succeeded" });
    expect(desk.api.count("GET /tasks/count")).toBe(2);
  });

  it("does not send a cancel again, and goes by what the record says", async () => {
    const desk = await open();
    const id = await desk.ask("tasks.create", { title: "a" });
    await desk.step();
    await desk.cancel(id);
    await die(desk);
    await toTheEnd(desk);
    expect(desk.api.count(CANCEL)).toBe(1);
    expect(await desk.job(id)).toMatchObject({ result: { state: "stopped" } });
  });
});

it("does not begin the call of a run that is cancelled in the same moment", async () => {
  const desk = await open();
  const id = await desk.ask("tasks.ping");
  const { runs } = desk.ports.store;
  const ports = { ...desk.ports, store: { ...desk.ports.store, runs: { ...runs } } };
  // Cancelled after the worker read it and before it says that it begins.
  ports.store.runs.get = async (run) => {
    const found = await runs.get(run);
    await desk.cancel(id);
    return found;
  };
  const lease = await desk.due();
  await createRunWorker(ports).run(lease!, new AbortController().signal);
  expect(await desk.job(id)).toMatchObject({ state: "cancelled" });
  expect(desk.api.received).toEqual([]);
});
