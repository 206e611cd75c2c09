import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crashDelay } from "../../src/jobs/crash-delay.ts";
import { createEmbeddedJobs } from "../../src/jobs/embedded.ts";
import { createLog } from "../../src/kernel/log.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { aJob } from "../support/store-rows.ts";

const GROUPS = ["a", "b", "c"];
const someJobs = fc.array(
  fc.record({
    group: fc.constantFrom(...GROUPS),
    delay: fc.nat(5_000),
    tries: fc.integer({ min: 1, max: 3 }),
    takes: fc.nat(400),
  }),
  { maxLength: 30 },
);
const someLimits = fc.record({
  concurrency: fc.integer({ min: 1, max: 8 }),
  maxInFlight: fc.integer({ min: 1, max: 4 }),
});

describe("turns", () => {
  it("end every job once, never early and never beyond a limit, whatever there is to do", async () => {
    await fc.assert(
      fc.asyncProperty(someJobs, someLimits, async (jobs, { concurrency, maxInFlight }) => {
        const clock = new ManualClock(0);
        const store = await openSqliteStore({ path: ":memory:" });
        const engine = createEmbeddedJobs({ store: store.jobs, clock, log: createLog("silent") });
        const ended: number[] = [];
        const running = new Map<string, number>();
        const tries = new Map<number, number>();
        engine.work("run", {
          concurrency,
          leaseMs: 60_000,
          limit: () => ({ maxInFlight, holdUntil: null }),
          async run(lease) {
            const n = lease.payload as number;
            const job = jobs[n]!;
            const ofGroup = (running.get(lease.group) ?? 0) + 1;
            running.set(lease.group, ofGroup);
            expect(ofGroup).toBeLessThanOrEqual(maxInFlight);
            expect(engine.running("run")).toBeLessThanOrEqual(concurrency);
            expect(clock.now()).toBeGreaterThanOrEqual(lease.dueAt);
            await new Promise<void>((resolve) => void clock.after(job.takes, resolve));
            running.set(lease.group, (running.get(lease.group) ?? 0) - 1);
            const tried = (tries.get(n) ?? 0) + 1;
            tries.set(n, tried);
            if (tried < job.tries) throw new Error("not this time");
            ended.push(n);
            await store.jobs.finish(lease, null);
          },
        });
        await engine.start();
        await store.jobs.enqueue(jobs.map(({ group, delay }, n) => aJob(null, { group, dueAt: delay, payload: n })));
        await clock.advance(60_000);
        expect(ended.sort((a, b) => a - b)).toEqual(jobs.map((_, n) => n));
        expect(await store.jobs.groups("run")).toEqual([]);
        await store.close();
      }),
      // Found once: a single job that was due at once began only after the clock had been turned to its end.
      { numRuns: 25, examples: [[[{ group: "a", delay: 0, tries: 1, takes: 0 }], { concurrency: 1, maxInFlight: 1 }]] },
    );
  });

  it("come back after a crash later and later, up to a minute", () => {
    expect([1, 2, 3, 6, 7, 60].map(crashDelay)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  });
});
