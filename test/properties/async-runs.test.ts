import fc from "fast-check";
import { expect, it } from "vitest";
import { createRunWorker } from "../../src/actions/jobs/worker.ts";
import type { Lease } from "../../src/model/job.ts";
import { Desk } from "../actions/jobs/desk.ts";

/** What happens next: a step of the worker, which may die at one of the points where it meets the outside; time; a wish to cancel. */
type Event =
  | { kind: "step" }
  | { kind: "dies"; at: number; before: boolean }
  | { kind: "later"; seconds: number }
  | { kind: "cancel" };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.constant({ kind: "step" } as const),
  fc.record({ kind: fc.constant("dies" as const), at: fc.integer({ min: 1, max: 8 }), before: fc.boolean() }),
  fc.record({ kind: fc.constant("later" as const), seconds: fc.integer({ min: 1, max: 40 }) }),
  fc.constant({ kind: "cancel" } as const),
);

/** Answers of the provider, in turn; then it is well. */
const faults = fc.array(fc.constantFrom(null, 400, 404, 429, 500), { maxLength: 4 });
const ONCE = ["POST /tasks", "POST /tasks/t1/cancel", "POST /tasks/ping"];
const never = () => new Promise<never>(() => undefined);

/**
 * Runs a step in a process that dies at the `at`th time it meets the store or the provider, before or after that had its effect:
 * from then on nothing of it goes on.
 */
async function stepAndDie(desk: Desk, lease: Lease, { at, before }: { at: number; before: boolean }): Promise<void> {
  const { store, upstream } = desk.ports;
  let meetings = 0;
  let die = () => {};
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  const mortal =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      meetings++;
      if (meetings > at || (meetings === at && before)) {
        die();
        return never();
      }
      const result = await act(...args);
      if (meetings < at) return result;
      die();
      return never();
    };
  const ports = {
    ...desk.ports,
    upstream: mortal(upstream),
    store: {
      ...store,
      commitRun: mortal(store.commitRun),
      runs: { ...store.runs, get: mortal(store.runs.get) },
      jobs: { ...store.jobs, finish: mortal(store.jobs.finish) },
    },
  };
  await Promise.race([death, createRunWorker(ports).run(lease, new AbortController().signal)]);
}

async function happen(desk: Desk, id: string, next: Event): Promise<void> {
  if (next.kind === "later") return desk.clock.advance(next.seconds * 1_000);
  if (next.kind === "cancel") return void (await desk.cancel(id).catch(() => undefined));
  const lease = await desk.due();
  if (lease && next.kind === "dies") await stepAndDie(desk, lease, next);
  else if (lease) await desk.step();
}

async function toTheEnd(desk: Desk): Promise<void> {
  for (let steps = 0; (await desk.nextDue()) !== null; steps++) {
    if (steps > 100) throw new Error("it does not come to an end");
    await desk.clock.advance(Math.max(0, ((await desk.nextDue()) ?? 0) * 1_000));
    await desk.step();
  }
}

it.each(["tasks.create", "tasks.ping"])(
  "%s: whatever dies and whoever cancels, what changes something is sent once at most, and every job ends",
  async (operation) => {
    const desk = await Desk.open();
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), faults, async (events, answers) => {
        const left = [...answers];
        desk.api.reset();
        desk.api.fault = () => {
          const status = left.shift() ?? null;
          return status === null ? undefined : { status };
        };
        const id = await desk.ask(operation, operation === "tasks.create" ? { title: "a" } : {});
        for (const next of events) await happen(desk, id, next);
        await toTheEnd(desk);

        for (const request of ONCE) expect([request, Math.min(desk.api.count(request), 2)]).not.toEqual([request, 2]);
        const { state, error } = await desk.job(id);
        const sent = desk.api.count("POST /tasks") + desk.api.count("POST /tasks/ping");
        expect(["succeeded", "failed", "cancelled"]).toContain(state);
        if (state === "succeeded") expect(sent).toBe(1);
        if (state === "cancelled") expect(sent).toBe(desk.api.count("POST /tasks/t1/cancel"));
        const died = events.some(({ kind }) => kind === "dies");
        if (!died) expect(error).not.toMatchObject({ code: "outcome_unknown" });
      }),
      { numRuns: 150 },
    );
    await desk.ports.store.close();
  },
);
