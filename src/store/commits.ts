import type { Delivery } from "../model/delivery.ts";
import type { StoredEvent } from "../model/event.ts";
import type { Subscription } from "../model/subscription.ts";
import type { EventCommit, Judgement, ToldEvent } from "./acts.ts";
import type { Store } from "./contract.ts";
import type { DeliverySteps } from "./delivery-steps.ts";
import type { Dialect, Plan, Step } from "./dialect.ts";
import type { PollSteps } from "./poll-steps.ts";
import type { JobSteps } from "./queries/jobs.ts";
import type { AdvanceRun } from "./queries/runs.ts";
import { subscriptionUpdate } from "./queries/subscriptions.ts";
import type { RecentDeliveries } from "./recent-deliveries.ts";
import type { RowCache } from "./row-cache.ts";
import { insertFor } from "./steps.ts";

type Acts = Pick<Store, "commitPoll" | "commitEvents" | "commitAttempt" | "commitRun">;

/** What the acts are made of. */
interface Parts {
  jobs: JobSteps;
  its: DeliverySteps;
  poll: PollSteps;
  advanceRun: AdvanceRun;
  cache: RowCache<Subscription>;
  recent: Pick<RecentDeliveries, "put">;
  /** Called after the commit of each event. */
  stored: () => void;
}

/** The great acts: each is planned whole as a list of writes, then written at once. */
export function commitActs(dialect: Dialect, parts: Parts): Acts {
  const { jobs, its, poll, advanceRun, cache } = parts;
  const { atomically } = dialect;
  const tell = telling(dialect, parts);
  const commit = async (plan: Plan) => (await atomically(plan)).result;
  const judge = ({ id, tried, patch, told }: Judgement): Plan => {
    const [guard] = subscriptionUpdate(dialect, cache, id, patch, tried);
    return { guard, steps: told.map(tell.event) };
  };

  return {
    commitPoll: (act) => commit({ guard: poll.advance(act), steps: [...poll.steps(act), ...act.told.map(tell.event)] }),
    commitEvents: (act: EventCommit) =>
      commit({
        guard: act.lease && jobs.finish(act.lease, null),
        steps: [...act.told.map(tell.event), ...tell.deliveries(act), ...act.jobs.map(jobs.enqueue)],
      }),
    commitAttempt: (act) =>
      commit(its.outcome(act, act.subscription ? [judge(act.subscription)] : [], act.told.map(tell.event))),
    commitRun: (act) =>
      commit({
        guard: advanceRun(act),
        steps: [
          ...(act.job ? [jobs.finish(act.job.lease, act.job.next)] : []),
          ...act.told.map(tell.event),
          ...(act.resends ?? []).map(its.resend),
        ],
      }),
  };
}

interface Telling {
  /** An event with its deliveries and jobs, or nothing of them when its dedupe key is known. */
  event: (told: ToldEvent) => Plan;
  /** Those of an event that is stored. */
  deliveries: (act: Pick<EventCommit, "deliveries" | "event">) => Step[];
}

function telling({ db, tables: { events } }: Dialect, { jobs, its, recent, stored }: Parts): Telling {
  const insertEvent = insertFor(db, events, (query) => query.onConflictDoNothing({ target: events.dedupeKey }));
  const remember = (n: number, delivery: Delivery, event: StoredEvent, length: number) =>
    recent.put(n, { delivery, event, manualTry: null }, length);
  return {
    deliveries({ deliveries, event }) {
      if (event === undefined) return deliveries.flatMap((made) => its.insert(made));
      const { length } = JSON.stringify(event.data);
      return deliveries.flatMap((made) => its.insert(made, (n) => remember(n, made, event, length)));
    },
    event({ event, deliveries, jobs: more }) {
      const { dedupeKey: _, ...rest } = event;
      let kept: StoredEvent;
      const guard = insertEvent(event, (seq) => {
        kept = { ...rest, seq };
        stored();
      });
      const length = lengthOf(guard.params);
      const made = (delivery: Delivery) => its.insert(delivery, (n) => remember(n, delivery, kept, length));
      return { guard, steps: [...deliveries.flatMap(made), ...more.map(jobs.enqueue)] };
    },
  };
}

/** The characters of the texts among the parameters. */
function lengthOf(params: readonly unknown[]): number {
  return params.reduce<number>((sum, param) => (typeof param === "string" ? sum + param.length : sum), 0);
}
