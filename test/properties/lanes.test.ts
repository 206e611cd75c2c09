import fc from "fast-check";
import { expect, test } from "vitest";
import { TidewireError } from "../../src/kernel/errors.ts";
import { type Http, HttpFailure, type HttpResponse } from "../../src/net/port.ts";
import { Desk } from "../delivery/desk.ts";
import { bodyOf } from "../support/http-body.ts";

const KEYS = ["a", "b"];
const which = fc.nat(3);
/** What happens: to the nth event or try, counted from the newest; and how long after it the next thing does, null = at once. */
const happening = fc.record({
  what: fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("tell" as const), key: fc.constantFrom(...KEYS) }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("answer" as const), which, code: fc.constantFrom(204, 500, 503) }),
    },
    {
      weight: 10,
      arbitrary: fc.record({ kind: fc.constantFrom("cancel" as const, "retry" as const, "replay" as const), which }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const) }) },
  ),
  thenMs: fc.constantFrom(null, 0, 0, 1, 1_000, 4_000, 16_000),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

interface Try {
  lane: string;
  answer: (code: number) => void;
}

/** Receivers whose tries hang until they are answered, each by hand; it writes down each that began beside another of its lane. */
class Receivers {
  open: Try[] = [];
  readonly overlaps: string[] = [];
  /** True once each try is taken at once. */
  areWell = false;

  readonly http: Http = async ({ url, body }, signal) => {
    const { pathname } = new URL(url);
    const { id, data } = JSON.parse(String(body)) as { id: string; data: { key: string } };
    const lane = pathname === "/ordered" ? data.key : `free ${id}`;
    if (this.open.some((other) => other.lane === lane)) this.overlaps.push(`${lane}: ${id}`);
    if (this.areWell) return answered(204);
    return new Promise<HttpResponse>((resolve, reject) => {
      const one: Try = { lane, answer: (code) => this.#end(one, () => resolve(answered(code))) };
      this.open.push(one);
      const late = () => reject(new HttpFailure("timeout", "it took too long", true));
      signal.addEventListener("abort", () => this.#end(one, late));
    });
  };

  #end(one: Try, tell: () => void): void {
    this.open = this.open.filter((other) => other !== one);
    tell();
  }
}

function answered(status: number): HttpResponse {
  return { status, headers: status === 503 ? { "retry-after": "2" } : {}, body: bodyOf("") };
}

/** One history: events told to a subscription that keeps an order by key, and to one that keeps none. */
class History {
  readonly receivers = new Receivers();
  readonly desk: Desk;
  readonly #subscription: string;
  #told: string[] = [];
  #asked: Promise<unknown>[] = [];

  private constructor(desk: Desk, subscription: string) {
    this.desk = desk;
    this.#subscription = subscription;
    desk.ports.targets = this.receivers.http;
  }

  static async open(): Promise<History> {
    const desk = await Desk.open({ schedule: "0s,5s,5s" });
    const { id } = await desk.subscribe("http://127.0.0.1/ordered", { ordering_key: "data.key", max_in_flight: 10 });
    await desk.subscribe("http://127.0.0.1/free", { max_in_flight: 10 });
    return new History(desk, id);
  }

  async happens({ what, thenMs }: Happening): Promise<void> {
    if (what.kind === "tell") this.#told.push((await this.desk.tell({ data: { key: what.key } })).id);
    else if (what.kind === "answer") this.receivers.open.at(-1 - what.which)?.answer(what.code);
    else if ("which" in what) await this.#act(what.kind, this.#told.at(-1 - what.which));
    else this.#ask(`subscriptions.${what.kind}`, this.#subscription);
    if (thenMs === null) return;
    await this.desk.clock.advance(thenMs);
    await Promise.all(this.#asked.splice(0));
  }

  async #act(kind: "cancel" | "retry" | "replay", event: string | undefined): Promise<void> {
    if (event === undefined) return;
    if (kind === "replay") return this.#ask("events.replay", event);
    const its = await this.desk.list("deliveries.list", { event });
    for (const { id } of its) this.#ask(`deliveries.${kind}`, String(id));
  }

  /** Nothing is sent again for a subscription that is paused. */
  #ask(command: string, id: string): void {
    const isRefused = (error: unknown) => {
      if (!(error instanceof TidewireError && error.code === "conflict")) throw error;
    };
    this.#asked.push(this.desk.ask(command, { id }).catch(isRefused));
  }

  /** All is well from now on: how many are pending still when no wait can be left. */
  async pendingAtLast(): Promise<number> {
    await Promise.all(this.#asked.splice(0));
    await this.desk.value("subscriptions.resume", { id: this.#subscription });
    this.receivers.areWell = true;
    for (const one of this.receivers.open) one.answer(204);
    for (let seconds = 0; seconds < 10; seconds++) await this.desk.clock.advance(1_000);
    return this.desk.ports.store.deliveries.count({ owner: null, status: "pending" });
  }
}

test("whatever is done by hand, no two of one lane are ever under way at once, and every lane goes on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 10, maxLength: 40 }), async (happenings) => {
      const history = await History.open();
      try {
        for (const one of happenings) await history.happens(one);
        expect(await history.pendingAtLast()).toBe(0);
        expect(history.receivers.overlaps).toEqual([]);
      } finally {
        await history.desk.close();
      }
    }),
    { numRuns: 40 },
  );
});
