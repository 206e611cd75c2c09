import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/model/job.ts";
import { settle } from "../support/manual-clock.ts";
import { HeldWorker } from "../support/store-jobs-rig.ts";
import { JobDesk, type JobPlace } from "./jobs-desk.ts";

/** What an engine runs, when, and how much at once. */
export function jobRunningSuite(make: () => Promise<JobPlace>): void {
  const desk = JobDesk.use(make);

  describe("running", () => {
    it("begins with start, and with what was there before", async () => {
      desk.engine.work("run", desk.worker);
      await desk.enqueue([desk.job("a 1")]);
      expect(desk.worker.payloads).toEqual([]);
      await desk.engine.start();
      await settle();
      expect(desk.worker.payloads).toEqual(["a 1"]);
    });

    it("runs a new job at once, without the clock going on, and each job once", async () => {
      await desk.start();
      await desk.enqueue([desk.job("a 1"), desk.job("b 1")]);
      expect(desk.worker.payloads).toEqual(["a 1", "b 1"]);
      expect(desk.engine.running("run")).toBe(2);
      await desk.finish(0);
      await desk.finish(1);
      await desk.place.clock.advance(3_600_000);
      expect(desk.worker.begun).toHaveLength(2);
      expect(desk.engine.running("run")).toBe(0);
    });

    it("runs a job of the future when it is due, and not before", async () => {
      await desk.start();
      await desk.enqueue([desk.job("a 1", { dueAt: desk.now + 90_000 }), desk.job("a 0", { dueAt: desk.now + 5_000 })]);
      await desk.place.clock.advance(4_999);
      expect(desk.worker.payloads).toEqual([]);
      await desk.place.clock.advance(1);
      expect(desk.worker.payloads).toEqual(["a 0"]);
      await desk.finish(0);
      await desk.place.clock.advance(85_000);
      expect(desk.worker.payloads).toEqual(["a 0", "a 1"]);
    });

    it("runs a job again when its outcome made it due again", async () => {
      await desk.start();
      await desk.enqueue([desk.job("a 1")]);
      await desk.place.store.finish(desk.worker.begun[0] as Lease, desk.now + 5_000);
      desk.worker.end(0);
      await desk.place.clock.advance(5_000);
      expect(desk.worker.begun.map((lease) => lease.fence)).toEqual([0, 1]);
    });

    it("keeps queues apart", async () => {
      const other = new HeldWorker();
      desk.engine.work("fan_out", other);
      await desk.start();
      await desk.enqueue([desk.job("a 1"), desk.job("a 2", { queue: "fan_out" })]);
      expect(desk.worker.payloads).toEqual(["a 1"]);
      expect(other.payloads).toEqual(["a 2"]);
    });
  });

  describe("fairness and limits", () => {
    it("lets groups take turns, however much one of them has", async () => {
      await desk.place.store.enqueue([...desk.jobs("a", 300), ...desk.jobs("b", 2), ...desk.jobs("c", 1)]);
      await desk.start({ concurrency: 1 });
      await settle();
      for (let n = 0; n < 5; n++) await desk.finish(n);
      expect(new Set(desk.worker.payloads)).toEqual(new Set(["a 0", "a 1", "a 2", "b 0", "b 1", "c 0"]));
    });

    it("runs no more at once than the worker's concurrency", async () => {
      await desk.start({ concurrency: 3 });
      await desk.enqueue([...desk.jobs("a", 5), ...desk.jobs("b", 5)]);
      expect(desk.worker.begun).toHaveLength(3);
      await desk.finish(1);
      expect(desk.worker.begun).toHaveLength(4);
      expect(desk.engine.running("run")).toBe(3);
    });

    it("runs no more of a group than its limit, and others meanwhile", async () => {
      await desk.start({ limit: (group) => ({ maxInFlight: group === "a" ? 2 : 10, holdUntil: null }) });
      await desk.enqueue([...desk.jobs("a", 50), ...desk.jobs("b", 5)]);
      expect(desk.worker.begun.filter((lease) => lease.group === "a")).toHaveLength(2);
      expect(desk.worker.begun.filter((lease) => lease.group === "b")).toHaveLength(5);
      await desk.finish(desk.worker.payloads.indexOf("a 0"));
      expect(desk.worker.payloads).toContain("a 2");
    });

    it("holds a group until its time, and not the others", async () => {
      const until = desk.now + 10_000;
      await desk.start({ limit: (group) => ({ maxInFlight: 9, holdUntil: group === "a" ? until : null }) });
      await desk.enqueue([desk.job("a 1"), desk.job("b 1")]);
      expect(desk.worker.payloads).toEqual(["b 1"]);
      await desk.place.clock.advance(9_999);
      expect(desk.worker.payloads).toEqual(["b 1"]);
      await desk.place.clock.advance(1);
      expect(desk.worker.payloads).toEqual(["b 1", "a 1"]);
    });

    it("looks at a limit again when it is told to", async () => {
      let limit = { maxInFlight: 0, holdUntil: null as number | null };
      await desk.start({ limit: () => limit });
      await desk.enqueue([desk.job("a 1")]);
      limit = { maxInFlight: 5, holdUntil: desk.now + 1e6 };
      desk.engine.wake("run", "a");
      await settle();
      expect(desk.worker.payloads).toEqual([]);
      limit = { maxInFlight: 5, holdUntil: null };
      desk.engine.wake("run", "a");
      await settle();
      expect(desk.worker.payloads).toEqual(["a 1"]);
      desk.engine.wake("run", "a group that has nothing");
      desk.engine.wake("fan_out", "a queue that nobody works");
    });

    it("works off a group of thousands in order", async () => {
      await desk.place.store.enqueue(desk.jobs("a", 3_000));
      const seen: unknown[] = [];
      desk.engine.work("run", {
        concurrency: 50,
        leaseMs: 60_000,
        limit: () => ({ maxInFlight: 7, holdUntil: null }),
        async run(lease) {
          seen.push(lease.payload);
          await desk.place.store.finish(lease, null);
        },
      });
      await desk.engine.start();
      await desk.engine.drain();
      expect(seen).toEqual(Array.from({ length: 3_000 }, (_, i) => `a ${i}`));
    });
  });
}
