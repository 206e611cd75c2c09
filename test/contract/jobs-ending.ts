import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/model/job.ts";
import { settle } from "../support/manual-clock.ts";
import { HeldWorker } from "../support/store-jobs-rig.ts";
import { JobDesk, type JobPlace } from "./jobs-desk.ts";

/** How runs end: well, by a crash, by a lease that ran out, by a stop; and what is scheduled beside them. */
export function jobEndingSuite(make: () => Promise<JobPlace>): void {
  const desk = JobDesk.use(make);

  describe("crashes and leases", () => {
    const failing = (runs: number[]) => ({
      async run() {
        runs.push(desk.now);
        throw new Error("our own mistake");
      },
    });

    it("runs a job whose worker threw again after 1 s, 2 s, 4 s … at most 60 s", async () => {
      const runs: number[] = [];
      await desk.start(failing(runs));
      await desk.enqueue([desk.job("a 1")]);
      for (let s = 0; s < 250; s++) await desk.place.clock.advance(1_000);
      const waits = runs.slice(1).map((at, i) => (at - (runs[i] as number)) / 1_000);
      expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
      expect(desk.rig.logged.filter((line) => line.includes("our own mistake"))).toHaveLength(runs.length);
    });

    it("does not make a group's other jobs wait for the one that crashes", async () => {
      await desk.start();
      const run = desk.worker.run.bind(desk.worker);
      desk.worker.run = async (lease, signal) => {
        if (lease.payload === "a bad") throw new Error("crash");
        return run(lease, signal);
      };
      await desk.enqueue([desk.job("a bad"), desk.job("a 1"), desk.job("a 2")]);
      expect(desk.worker.payloads).toEqual(["a 1", "a 2"]);
    });

    it("keeps a job that its worker left as it was, and runs it again later", async () => {
      await desk.start();
      await desk.enqueue([desk.job("a 1")]);
      desk.worker.end(0);
      await settle();
      expect(desk.worker.begun).toHaveLength(1);
      await desk.place.clock.advance(1_000);
      desk.worker.end(1);
      await settle();
      await desk.place.clock.advance(1_999);
      expect(desk.worker.begun).toHaveLength(2);
      await desk.place.clock.advance(1);
      expect(desk.worker.begun).toHaveLength(3);
    });

    it("takes a lease away that ran out: its worker can no longer write, and another run begins", async () => {
      await desk.start({ leaseMs: 30_000 });
      await desk.enqueue([desk.job("a 1")]);
      await desk.place.clock.advance(29_999);
      expect(desk.worker.begun).toHaveLength(1);
      await desk.place.clock.advance(1);
      expect(desk.worker.begun.map((lease) => lease.fence)).toEqual([0, 1]);
      expect(desk.worker.signals.map((signal) => signal.aborted)).toEqual([true, false]);
      expect(desk.engine.running("run")).toBe(1);
      expect(await desk.place.store.finish(desk.worker.begun[0] as Lease, null)).toBe("stale");
      desk.worker.end(0);
      await settle();
      expect(desk.engine.running("run")).toBe(1);
      expect(await desk.place.store.finish(desk.worker.begun[1] as Lease, null)).toBe("committed");
      desk.worker.end(1);
      await settle();
      expect(desk.engine.running("run")).toBe(0);
    });

    it("gives a place back that a hanging run held", async () => {
      await desk.start({ leaseMs: 30_000, concurrency: 1 });
      await desk.enqueue([desk.job("a 1"), desk.job("b 1")]);
      await desk.place.clock.advance(30_000);
      expect(desk.worker.payloads.slice(0, 2)).toEqual(["a 1", "b 1"]);
    });

    it("runs what a dead process held at once, without waiting for its lease", async () => {
      await desk.start();
      await desk.enqueue([desk.job("a 1"), desk.job("b 1", { dueAt: desk.now + 7_000 })]);
      expect(desk.worker.payloads).toEqual(["a 1"]);
      await desk.place.restart();
      const next = new HeldWorker();
      const { engine: second } = desk.place.newEngine();
      second.work("run", next);
      await second.start();
      await settle();
      expect(next.payloads).toEqual(["a 1"]);
      await desk.place.clock.advance(7_000);
      expect(next.payloads).toEqual(["a 1", "b 1"]);
    });
  });

  describe("drain", () => {
    it("resolves at once when there is nothing, and before start", async () => {
      await desk.engine.drain();
      await desk.start();
      await desk.engine.drain();
    });

    it("waits for what is due and runs, and for what that makes", async () => {
      const done: unknown[] = [];
      desk.engine.work("fan_out", {
        concurrency: 1,
        leaseMs: 60_000,
        async run(lease) {
          await desk.place.store.enqueue([desk.job("a made")]);
          await desk.place.store.finish(lease, null);
        },
      });
      await desk.start({
        async run(lease: Lease) {
          await settle();
          done.push(lease.payload);
          await desk.place.store.finish(lease, null);
        },
      });
      await desk.place.store.enqueue([...desk.jobs("a", 5), desk.job("x", { queue: "fan_out" })]);
      await desk.engine.drain();
      expect(new Set(done)).toEqual(new Set(["a 0", "a 1", "a 2", "a 3", "a 4", "a made"]));
      expect(done).toHaveLength(6);
      expect(desk.engine.running("run")).toBe(0);
    });

    it("does not wait for what is due later or held", async () => {
      const until = desk.now + 1_000;
      await desk.start({ limit: (group) => ({ maxInFlight: 1, holdUntil: group === "held" ? until : null }) });
      await desk.enqueue([desk.job("held 1"), desk.job("a 1", { dueAt: until })]);
      await desk.engine.drain();
      expect(desk.worker.payloads).toEqual([]);
    });
  });

  describe("stop", () => {
    it("begins nothing new, and waits for what runs", async () => {
      await desk.start({ concurrency: 1 });
      await desk.enqueue([desk.job("a 1"), desk.job("a 2")]);
      let stopped = false;
      const stopping = desk.engine.stop(5_000).then(() => {
        stopped = true;
      });
      await desk.enqueue([desk.job("b 1")]);
      await desk.place.clock.advance(4_000);
      expect(stopped).toBe(false);
      expect(desk.worker.signals[0]?.aborted).toBe(false);
      await desk.finish(0);
      await stopping;
      await desk.place.clock.advance(3_600_000);
      expect(desk.worker.payloads).toEqual(["a 1"]);
    });

    it("asks what still runs after the grace to break off, and leaves its job for the next process", async () => {
      const runs: string[] = [];
      await desk.start({
        run: (_lease: Lease, signal: AbortSignal) =>
          new Promise<void>((_resolve, reject) => {
            runs.push("begun");
            signal.addEventListener("abort", () => reject(signal.reason));
          }),
      });
      await desk.enqueue([desk.job("a 1")]);
      const stopping = desk.engine.stop(5_000);
      await desk.place.clock.advance(5_000);
      await stopping;
      expect(await desk.place.store.due("run", "a", desk.now, 10)).toMatchObject([{ fence: 0, payload: "a 1" }]);
      expect(desk.rig.logged).toEqual([]);
    });

    it("ends even when a run does not listen", async () => {
      await desk.start();
      await desk.enqueue([desk.job("a 1")]);
      const stopping = desk.engine.stop(1_000);
      await desk.place.clock.advance(60_000);
      await stopping;
      expect(desk.worker.signals[0]?.aborted).toBe(true);
    });
  });

  describe("schedules", () => {
    it("tick only between start and stop", async () => {
      let runs = 0;
      desk.engine.schedule("poll", "* * * * * *", async () => void runs++);
      await expect(desk.rig.tick("poll")).rejects.toThrow();
      await desk.engine.start();
      await desk.rig.tick("poll");
      expect(runs).toBe(1);
      desk.engine.schedule("sweep", "0 * * * *", async () => void (runs += 10));
      await desk.rig.tick("sweep");
      expect(runs).toBe(11);
      await desk.engine.stop(0);
      await expect(desk.rig.tick("poll")).rejects.toThrow();
    });

    it("run one action at a time, and go on after one that failed", async () => {
      const ends: (() => void)[] = [];
      let fails = true;
      desk.engine.schedule("poll", "* * * * * *", async () => {
        await new Promise<void>((resolve) => ends.push(resolve));
        if (fails) throw new Error("the sweep broke");
      });
      await desk.engine.start();
      const ticks = [desk.rig.tick("poll"), desk.rig.tick("poll")];
      expect(ends).toHaveLength(1);
      let drained = false;
      const draining = desk.engine.drain().then(() => {
        drained = true;
      });
      await settle();
      expect(drained).toBe(false);
      ends[0]?.();
      await Promise.all([...ticks, draining]);
      expect(desk.rig.logged.join()).toContain("the sweep broke");
      fails = false;
      const third = desk.rig.tick("poll");
      expect(ends).toHaveLength(2);
      ends[1]?.();
      await third;
    });
  });
}
