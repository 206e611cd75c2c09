import type { Sweep } from "../model/poller.ts";
import { type Http, HttpFailure } from "../net/port.ts";
import type { AttemptCommit } from "../store/acts.ts";
import type { Store } from "../store/contract.ts";
import type { Meters } from "./meters.ts";

/** The store, with what its great acts tell counted once they are committed: no feature needs to know of it. */
export function meteredStore(store: Store, meters: Meters): Store {
  store.deliveries.onEnded((status, count) => meters.settled.add([status], count));
  return {
    ...store,
    async commitAttempt(act) {
      const result = await store.commitAttempt(act);
      if (result === "committed") countAttempt(meters, act);
      return result;
    },
    async commitPoll(act) {
      const result = await store.commitPoll(act);
      if (result === "committed" && act.sweep) countSweep(meters, act.sweep);
      return result;
    },
  };
}

function countAttempt(meters: Meters, { attempt, delivery }: AttemptCommit): void {
  if (attempt) {
    meters.attempts.add([attempt.class]);
    meters.attemptSeconds.add(attempt.durationMs / 1_000);
  }
  if (delivery.status !== "pending") meters.settled.add([delivery.status]);
}

function countSweep(meters: Meters, { pollerId, complete, error, pages }: Sweep): void {
  meters.sweeps.add([pollerId, complete ? "complete" : error === null ? "partial" : "failed"]);
  meters.pages.add([pollerId], pages);
}

/** The way to providers, with each request counted by what it was for. */
export function meteredHttp(http: Http, { upstream }: Meters): Http {
  return async (request, signal) => {
    const { connector = "", operation = "" } = request.purpose ?? {};
    try {
      const response = await http(request, signal);
      upstream.add([connector, operation, `${Math.floor(response.status / 100)}xx`]);
      return response;
    } catch (error) {
      upstream.add([connector, operation, error instanceof HttpFailure ? error.kind : "error"]);
      throw error;
    }
  };
}
