import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { publish } from "../../src/events/publish.ts";
import type { Cancellation } from "../../src/kernel/canceller.ts";
import { newVaultKey } from "../../src/kernel/vault.ts";
import { type Http, HttpFailure } from "../../src/net/port.ts";
import { Desk } from "../delivery/desk.ts";
import { bodyOf } from "../support/http-body.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** How one event fares: its key, how many of its tries fail (three = all of them) and how long each takes. */
const fate = fc.record({ key: fc.constantFrom("a", "b", "c"), failures: fc.nat(3), takesMs: fc.nat(2_000) });
type Fate = { key: string; failures: number; takesMs: number };

/** What comes between: at a moment, an event is cancelled or sent again, or the process is stopped and started. */
const trouble = fc.record({
  atMs: fc.nat(60_000),
  kind: fc.constantFrom("cancel" as const, "retry" as const, "restart" as const),
  event: fc.nat(14),
});

/** A try as the receiver saw it. */
interface Try {
  event: number;
  beganAt: number;
  endedAt: number;
  ok: boolean;
}

/** Receivers that fail and dawdle as the fates say; it writes down every try, by path. */
class Receivers {
  readonly tries = new Map<string, Try[]>();
  readonly #failed = new Map<string, number>();
  readonly http: Http;

  constructor(fates: Fate[], clock: ManualClock) {
    this.http = async ({ url, body }, signal) => {
      const { pathname } = new URL(url);
      const event = (JSON.parse(String(body)) as { data: { n: number } }).data.n;
      const seen = this.tries.get(pathname) ?? [];
      this.tries.set(pathname, seen);
      const one: Try = { event, beganAt: clock.now(), endedAt: Number.POSITIVE_INFINITY, ok: false };
      seen.push(one);
      await this.#dawdle(clock, fates[event]?.takesMs ?? 0, signal).finally(() => (one.endedAt = clock.now()));
      one.ok = this.#succeeds(`${pathname} ${event}`, fates[event]?.failures ?? 0);
      return { status: one.ok ? 204 : 500, headers: {}, body: bodyOf("") };
    };
  }

  #dawdle(clock: ManualClock, ms: number, signal: Cancellation): Promise<void> {
    return new Promise((resolve, reject) => {
      clock.after(ms, resolve);
      signal.addEventListener("abort", () => reject(new HttpFailure("aborted", "it was broken off", true)));
    });
  }

  #succeeds(what: string, failures: number): boolean {
    const failed = this.#failed.get(what) ?? 0;
    this.#failed.set(what, failed + 1);
    return failed >= failures;
  }
}

async function open(options: { path: string; clock: ManualClock; vaultKey: string }, http: Http): Promise<Desk> {
  const desk = await Desk.open({ ...options, schedule: "0s,5s,5s" });
  desk.ports.targets = http;
  return desk;
}

test("whatever becomes of events, those of one key arrive one after another in their order, and no other waits for them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { minLength: 1, maxLength: 15 }),
      fc.array(trouble, { maxLength: 4 }),
      async (fates, troubles) => {
        const folder = mkdtempSync(join(tmpdir(), "tidewire-order-"));
        const clock = new ManualClock();
        const options = { path: join(folder, "tidewire.db"), clock, vaultKey: newVaultKey() };
        const { tries, http } = new Receivers(fates, clock);
        let desk = await open(options, http);
        try {
          const ordered = await desk.subscribe("http://127.0.0.1/ordered", {
            ordering_key: "data.key",
            max_in_flight: 100,
          });
          await desk.subscribe("http://127.0.0.1/free", { max_in_flight: 100 });
          const toldAt = clock.now();
          await publish(
            desk.ports,
            fates.map(({ key }, n) => desk.event({ data: { n, key } })),
          );
          await clock.advance(0);
          const touched = new Set<number>();
          for (const { atMs, kind, event } of troubles.toSorted((a, b) => a.atMs - b.atMs)) {
            await clock.advance(Math.max(0, toldAt + atMs - clock.now()));
            if (kind === "restart") {
              await desk.close();
              desk = await open(options, http);
            } else if (event < fates.length) {
              touched.add(event);
              const [one] = (await desk.list("deliveries.list", { subscription: ordered.id, limit: 200 }))
                .toReversed()
                .slice(event);
              await desk.value(`deliveries.${kind}`, { id: String(one?.id) });
            }
          }
          for (let n = 0; n < 100 && (await pending(desk)) > 0; n++) await clock.advance(10_000);
          expect(await pending(desk)).toBe(0);
          for (const key of ["a", "b", "c"]) {
            const its = (tries.get("/ordered") ?? []).filter(({ event }) => fates[event]?.key === key);
            oneAtATime(its.filter(({ event }) => !touched.has(event)));
            inOrder(its.filter(({ event, ok }) => ok && !touched.has(event)).map(({ event }) => event));
          }
          if (!troubles.some(({ kind }) => kind === "restart")) nobodyWaited(tries.get("/free") ?? [], fates, toldAt);
        } finally {
          await desk.close();
          rmSync(folder, { recursive: true });
        }
      },
    ),
    { numRuns: 15 },
  );
});

async function pending(desk: Desk): Promise<number> {
  return desk.ports.store.deliveries.count({ owner: null, status: "pending" });
}

function oneAtATime(tries: Try[]): void {
  tries.slice(1).forEach((one, n) => expect(one.beganAt).toBeGreaterThanOrEqual(tries[n]?.endedAt ?? 0));
}

/** At least once: a success may be repeated after a restart, but none comes after a later one. */
function inOrder(events: number[]): void {
  expect(events).toEqual(events.toSorted((a, b) => a - b));
}

function nobodyWaited(tries: Try[], fates: Fate[], toldAt: number): void {
  const first = fates.map((_, n) => tries.find(({ event }) => event === n)?.beganAt);
  expect(first).toEqual(fates.map(() => toldAt));
}
