import { commitActs } from "./commits.ts";
import type { Store } from "./contract.ts";
import { deliverySteps } from "./delivery-steps.ts";
import type { Ended } from "./delivery-store.ts";
import type { Dialect } from "./dialect.ts";
import { openItemSets } from "./item-sets.ts";
import { pollSteps } from "./poll-steps.ts";
import { pruner } from "./prune.ts";
import { connectionQueries } from "./queries/connections.ts";
import { deliveryQueries } from "./queries/deliveries.ts";
import { eventQueries } from "./queries/events.ts";
import { idempotencyQueries } from "./queries/idempotency.ts";
import { jobQueries } from "./queries/jobs.ts";
import { keyQueries } from "./queries/keys.ts";
import { pollerQueries } from "./queries/pollers.ts";
import { runQueries } from "./queries/runs.ts";
import { settingQueries } from "./queries/settings.ts";
import { subscriptionQueries } from "./queries/subscriptions.ts";
import { vitalQueries } from "./queries/vitals.ts";
import { RecentDeliveries } from "./recent-deliveries.ts";
import { RowCache } from "./row-cache.ts";
import { timeKeeping } from "./turn-back.ts";

/** The one store there is, over any dialect whose tables are up to date. */
export async function createStore(dialect: Dialect): Promise<Store> {
  const { db, tables } = dialect;
  const subscriptions = new RowCache(await db.select().from(tables.subscriptions));
  const connections = new RowCache(await db.select().from(tables.connections));
  const sets = await openItemSets(dialect);
  const { jobs, steps } = jobQueries(dialect);
  const { events, stored } = eventQueries(dialect);
  const recent = new RecentDeliveries();
  const listeners: Ended[] = [];
  const ended: Ended = (status, count) => listeners.forEach((tell) => tell(status, count));
  const its = deliverySteps(dialect, steps.notices, subscriptions, ended);
  const runs = runQueries(dialect, steps);
  return {
    connections: connectionQueries(dialect, connections, sets),
    keys: keyQueries(dialect, subscriptions),
    vitals: vitalQueries(dialect),
    subscriptions: subscriptionQueries(dialect, subscriptions, ended),
    events,
    deliveries: deliveryQueries(dialect, { notices: steps.notices, steps: its, events, recent, ended, listeners }),
    pollers: pollerQueries(dialect, sets),
    jobs: { ...jobs, ...timeKeeping(dialect, subscriptions) },
    runs: runs.runs,
    idempotency: idempotencyQueries(dialect),
    settings: settingQueries(dialect),
    ...commitActs(dialect, {
      jobs: steps,
      its,
      poll: pollSteps(dialect, sets),
      advanceRun: runs.advance,
      cache: subscriptions,
      recent,
      stored,
    }),
    prune: pruner(dialect),
    close: () => dialect.close(),
  };
}
