import { beforeEach, describe, expect, it } from "vitest";
import type { JobEngine } from "../../src/jobs/contract.ts";
import type { Lease, NewJob } from "../../src/model/job.ts";
import type { JobStore } from "../../src/store/contract.ts";
import { type ManualClock, settle } from "../support/manual-clock.ts";
import { HeldWorker, type Rig } from "../support/store-jobs-rig.ts";

/** A place for jobs in which engines come and go. */
export interface JobPlace {
  store: JobStore;
  clock: ManualClock;
  newEngine(): Rig;
  /** Ends the process, as far as the jobs know, and begins another: leases are gone, jobs are there. */
  restart(): Promise<void>;
}

/** Everything an engine promises, whatever it is made of. */
export function jobEngineSuite(make: () => Promise<JobPlace>): void {
  let place: JobPlace;
  let engine: JobEngine;
  let rig: Rig;
  let worker: HeldWorker;
  beforeEach(async () => {
    place = await make();
    rig = place.newEngine();
    engine = rig.engine;
    worker = new HeldWorker();
  });

  const job = (payload: string, more: Partial<NewJob> = {}): NewJob => {
    const [group = "a"] = payload.split(" ");
    return { queue: "deliver", group, key: null, dueAt: place.clock.now(), payload, ...more };
  };
  const jobs = (group: string, count: number) => Array.from({ length: count }, (_, i) => job(`${group} ${i}`));
  const start = (more: Partial<HeldWorker> = {}) => {
    engine.work("deliver", Object.assign(worker, more));
    return engine.start();
  };
  const enqueue = async (list: NewJob[]) => {
    await place.store.enqueue(list);
    await settle();
  };
  /** Ends the job of the nth run and lets its worker return. */
  const finish = async (n: number) => {
    await place.store.finish(worker.begun[n] as Lease, null);
    worker.end(n);
    await settle();
  };

  describe("running", () => {
    it("begins with start, and with what was there before", async () => {
      engine.work("deliver", worker);
      await enqueue([job("a 1")]);
      expect(worker.payloads).toEqual([]);
      await engine.start();
      await settle();
      expect(worker.payloads).toEqual(["a 1"]);
    });

    it("runs a new job at once, without the clock going on, and each job once", async () => {
      await start();
      await enqueue([job("a 1"), job("b 1")]);
      expect(worker.payloads).toEqual(["a 1", "b 1"]);
      expect(engine.running("deliver")).toBe(2);
      await finish(0);
      await finish(1);
      await place.clock.advance(3_600_000);
      expect(worker.begun).toHaveLength(2);
      expect(engine.running("deliver")).toBe(0);
    });

    it("runs a job of the future when it is due, and not before", async () => {
      await start();
      await enqueue([
        job("a 1", { dueAt: place.clock.now() + 90_000 }),
        job("a 0", { dueAt: place.clock.now() + 5_000 }),
      ]);
      await place.clock.advance(4_999);
      expect(worker.payloads).toEqual([]);
      await place.clock.advance(1);
      expect(worker.payloads).toEqual(["a 0"]);
      await finish(0);
      await place.clock.advance(85_000);
      expect(worker.payloads).toEqual(["a 0", "a 1"]);
    });

    it("runs a job again when its outcome made it due again", async () => {
      await start();
      await enqueue([job("a 1")]);
      await place.store.finish(worker.begun[0] as Lease, place.clock.now() + 5_000);
      worker.end(0);
      await place.clock.advance(5_000);
      expect(worker.begun.map((lease) => lease.fence)).toEqual([0, 1]);
    });

    it("keeps queues apart", async () => {
      const other = new HeldWorker();
      engine.work("fan_out", other);
      await start();
      await enqueue([job("a 1"), job("a 2", { queue: "fan_out" })]);
      expect(worker.payloads).toEqual(["a 1"]);
      expect(other.payloads).toEqual(["a 2"]);
    });
  });

  describe("fairness and limits", () => {
    it("lets groups take turns, however much one of them has", async () => {
      await place.store.enqueue([...jobs("a", 300), ...jobs("b", 2), ...jobs("c", 1)]);
      await start({ concurrency: 1 });
      await settle();
      for (let n = 0; n < 5; n++) await finish(n);
      expect(new Set(worker.payloads)).toEqual(new Set(["a 0", "a 1", "a 2", "b 0", "b 1", "c 0"]));
    });

    it("runs no more at once than the worker's concurrency", async () => {
      await start({ concurrency: 3 });
      await enqueue([...jobs("a", 5), ...jobs("b", 5)]);
      expect(worker.begun).toHaveLength(3);
      await finish(1);
      expect(worker.begun).toHaveLength(4);
      expect(engine.running("deliver")).toBe(3);
    });

    it("runs no more of a group than its limit, and others meanwhile", async () => {
      await start({ limit: (group) => ({ maxInFlight: group === "a" ? 2 : 10, holdUntil: null }) });
      await enqueue([...jobs("a", 50), ...jobs("b", 5)]);
      expect(worker.begun.filter((lease) => lease.group === "a")).toHaveLength(2);
      expect(worker.begun.filter((lease) => lease.group === "b")).toHaveLength(5);
      await finish(worker.payloads.indexOf("a 0"));
      expect(worker.payloads).toContain("a 2");
    });

    it("holds a group until its time, and not the others", async () => {
      const until = place.clock.now() + 10_000;
      await start({ limit: (group) => ({ maxInFlight: 9, holdUntil: group === "a" ? until : null }) });
      await enqueue([job("a 1"), job("b 1")]);
      expect(worker.payloads).toEqual(["b 1"]);
      await place.clock.advance(9_999);
      expect(worker.payloads).toEqual(["b 1"]);
      await place.clock.advance(1);
      expect(worker.payloads).toEqual(["b 1", "a 1"]);
    });

    it("looks at a limit again when it is told to", async () => {
      let limit = { maxInFlight: 0, holdUntil: null as number | null };
      await start({ limit: () => limit });
      await enqueue([job("a 1")]);
      limit = { maxInFlight: 5, holdUntil: place.clock.now() + 1e6 };
      engine.wake("deliver", "a");
      await settle();
      expect(worker.payloads).toEqual([]);
      limit = { maxInFlight: 5, holdUntil: null };
      engine.wake("deliver", "a");
      await settle();
      expect(worker.payloads).toEqual(["a 1"]);
      engine.wake("deliver", "a group that has nothing");
      engine.wake("fan_out", "a queue that nobody works");
    });

    it("works off a group of thousands in order", async () => {
      await place.store.enqueue(jobs("a", 3_000));
      const seen: unknown[] = [];
      engine.work("deliver", {
        concurrency: 50,
        leaseMs: 60_000,
        limit: () => ({ maxInFlight: 7, holdUntil: null }),
        async run(lease) {
          seen.push(lease.payload);
          await place.store.finish(lease, null);
        },
      });
      await engine.start();
      await engine.drain();
      expect(seen).toEqual(Array.from({ length: 3_000 }, (_, i) => `a ${i}`));
    });
  });

  describe("crashes and leases", () => {
    const failing = (runs: number[]) => ({
      async run() {
        runs.push(place.clock.now());
        throw new Error("our own mistake");
      },
    });

    it("runs a job whose worker threw again after 1 s, 2 s, 4 s … at most 60 s", async () => {
      const runs: number[] = [];
      await start(failing(runs));
      await enqueue([job("a 1")]);
      for (let s = 0; s < 250; s++) await place.clock.advance(1_000);
      const waits = runs.slice(1).map((at, i) => (at - (runs[i] as number)) / 1_000);
      expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
      expect(rig.logged.filter((line) => line.includes("our own mistake"))).toHaveLength(runs.length);
    });

    it("does not make a group's other jobs wait for the one that crashes", async () => {
      await start();
      const run = worker.run.bind(worker);
      worker.run = async (lease, signal) => {
        if (lease.payload === "a bad") throw new Error("crash");
        return run(lease, signal);
      };
      await enqueue([job("a bad"), job("a 1"), job("a 2")]);
      expect(worker.payloads).toEqual(["a 1", "a 2"]);
    });

    it("keeps a job that its worker left as it was, and runs it again later", async () => {
      await start();
      await enqueue([job("a 1")]);
      worker.end(0);
      await settle();
      expect(worker.begun).toHaveLength(1);
      await place.clock.advance(1_000);
      worker.end(1);
      await settle();
      await place.clock.advance(1_999);
      expect(worker.begun).toHaveLength(2);
      await place.clock.advance(1);
      expect(worker.begun).toHaveLength(3);
    });

    it("takes a lease away that ran out: its worker can no longer write, and another run begins", async () => {
      await start({ leaseMs: 30_000 });
      await enqueue([job("a 1")]);
      await place.clock.advance(29_999);
      expect(worker.begun).toHaveLength(1);
      await place.clock.advance(1);
      expect(worker.begun.map((lease) => lease.fence)).toEqual([0, 1]);
      expect(worker.signals.map((signal) => signal.aborted)).toEqual([true, false]);
      expect(engine.running("deliver")).toBe(1);
      expect(await place.store.finish(worker.begun[0] as Lease, null)).toBe("stale");
      worker.end(0);
      await settle();
      expect(engine.running("deliver")).toBe(1);
      expect(await place.store.finish(worker.begun[1] as Lease, null)).toBe("committed");
      worker.end(1);
      await settle();
      expect(engine.running("deliver")).toBe(0);
    });

    it("gives a place back that a hanging run held", async () => {
      await start({ leaseMs: 30_000, concurrency: 1 });
      await enqueue([job("a 1"), job("b 1")]);
      await place.clock.advance(30_000);
      expect(worker.payloads.slice(0, 2)).toEqual(["a 1", "b 1"]);
    });

    it("runs what a dead process held at once, without waiting for its lease", async () => {
      await start();
      await enqueue([job("a 1"), job("b 1", { dueAt: place.clock.now() + 7_000 })]);
      expect(worker.payloads).toEqual(["a 1"]);
      await place.restart();
      const next = new HeldWorker();
      const { engine: second } = place.newEngine();
      second.work("deliver", next);
      await second.start();
      await settle();
      expect(next.payloads).toEqual(["a 1"]);
      await place.clock.advance(7_000);
      expect(next.payloads).toEqual(["a 1", "b 1"]);
    });
  });

  describe("drain", () => {
    it("resolves at once when there is nothing, and before start", async () => {
      await engine.drain();
      await start();
      await engine.drain();
    });

    it("waits for what is due and runs, and for what that makes", async () => {
      const done: unknown[] = [];
      engine.work("fan_out", {
        concurrency: 1,
        leaseMs: 60_000,
        async run(lease) {
          await place.store.enqueue([job("a made")]);
          await place.store.finish(lease, null);
        },
      });
      await start({
        async run(lease: Lease) {
          await settle();
          done.push(lease.payload);
          await place.store.finish(lease, null);
        },
      });
      await place.store.enqueue([...jobs("a", 5), job("x", { queue: "fan_out" })]);
      await engine.drain();
      expect(new Set(done)).toEqual(new Set(["a 0", "a 1", "a 2", "a 3", "a 4", "a made"]));
      expect(done).toHaveLength(6);
      expect(engine.running("deliver")).toBe(0);
    });

    it("does not wait for what is due later or held", async () => {
      const until = place.clock.now() + 1_000;
      await start({ limit: (group) => ({ maxInFlight: 1, holdUntil: group === "held" ? until : null }) });
      await enqueue([job("held 1"), job("a 1", { dueAt: until })]);
      await engine.drain();
      expect(worker.payloads).toEqual([]);
    });
  });

  describe("stop", () => {
    it("begins nothing new, and waits for what runs", async () => {
      await start({ concurrency: 1 });
      await enqueue([job("a 1"), job("a 2")]);
      let stopped = false;
      const stopping = engine.stop(5_000).then(() => {
        stopped = true;
      });
      await enqueue([job("b 1")]);
      await place.clock.advance(4_000);
      expect(stopped).toBe(false);
      expect(worker.signals[0]?.aborted).toBe(false);
      await finish(0);
      await stopping;
      await place.clock.advance(3_600_000);
      expect(worker.payloads).toEqual(["a 1"]);
    });

    it("asks what still runs after the grace to break off, and leaves its job for the next process", async () => {
      const runs: string[] = [];
      await start({
        run: (_lease: Lease, signal: AbortSignal) =>
          new Promise<void>((_resolve, reject) => {
            runs.push("begun");
            signal.addEventListener("abort", () => reject(signal.reason));
          }),
      });
      await enqueue([job("a 1")]);
      const stopping = engine.stop(5_000);
      await place.clock.advance(5_000);
      await stopping;
      expect(await place.store.due("deliver", "a", place.clock.now(), 10)).toMatchObject([
        { fence: 0, payload: "a 1" },
      ]);
      expect(rig.logged).toEqual([]);
    });

    it("ends even when a run does not listen", async () => {
      await start();
      await enqueue([job("a 1")]);
      const stopping = engine.stop(1_000);
      await place.clock.advance(60_000);
      await stopping;
      expect(worker.signals[0]?.aborted).toBe(true);
    });
  });

  describe("schedules", () => {
    it("tick only between start and stop", async () => {
      let runs = 0;
      engine.schedule("poll", "* * * * * *", async () => void runs++);
      await expect(rig.tick("poll")).rejects.toThrow();
      await engine.start();
      await rig.tick("poll");
      expect(runs).toBe(1);
      engine.schedule("sweep", "0 * * * *", async () => void (runs += 10));
      await rig.tick("sweep");
      expect(runs).toBe(11);
      await engine.stop(0);
      await expect(rig.tick("poll")).rejects.toThrow();
    });

    it("run one action at a time, and go on after one that failed", async () => {
      const ends: (() => void)[] = [];
      let fails = true;
      engine.schedule("poll", "* * * * * *", async () => {
        await new Promise<void>((resolve) => ends.push(resolve));
        if (fails) throw new Error("the sweep broke");
      });
      await engine.start();
      const ticks = [rig.tick("poll"), rig.tick("poll")];
      expect(ends).toHaveLength(1);
      let drained = false;
      const draining = engine.drain().then(() => {
        drained = true;
      });
      await settle();
      expect(drained).toBe(false);
      ends[0]?.();
      await Promise.all([...ticks, draining]);
      expect(rig.logged.join()).toContain("the sweep broke");
      fails = false;
      const third = rig.tick("poll");
      expect(ends).toHaveLength(2);
      ends[1]?.();
      await third;
    });
  });
}
