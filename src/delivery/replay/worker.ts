import { z } from "zod";
import type { Ports } from "../../context.ts";
import type { Worker } from "../../jobs/contract.ts";
import { TidewireError } from "../../kernel/errors.ts";
import { problemOf } from "../../kernel/problem.ts";
import { isFinished, type StoredRun } from "../../model/async-run.ts";
import type { Lease } from "../../model/job.ts";
import type { Replay } from "../../model/replay.ts";
import type { Subscription } from "../../model/subscription.ts";
import type { Resend, RunCommit } from "../../store/acts.ts";
import { advance, quotaOf } from "./advance.ts";
import { look } from "./look.ts";
import { planResend } from "./resend.ts";
import { takerOf } from "./taker.ts";

type ReplayPorts = Pick<Ports, "store" | "clock" | "newId" | "log">;

/** A replay in the hands of a worker. */
interface ReplayInHand {
  ports: ReplayPorts;
  run: StoredRun;
  replay: Replay;
  lease: Lease;
}

const CONCURRENCY = 4;
const LEASE_MS = 60_000;
/** With as many of its deliveries under way, a subscription is given no more of a replay: what is new would wait behind them. */
const BUSY_FROM = 100;
const LOOK_AGAIN_MS = 250;

/**
 * The worker of the queue `replay`: each time it looks at the next of what a replay means and makes it due, spread by the rate.
 * A look and how far it came are one commit, guarded by the run's version: whatever dies, nothing is sent again twice.
 */
export function createReplayWorker(ports: ReplayPorts): Worker {
  return {
    concurrency: CONCURRENCY,
    leaseMs: LEASE_MS,
    limit: () => ({ maxInFlight: 1, holdUntil: null }),
    async run(lease) {
      const run = await ports.store.runs.get(z.string().parse(lease.payload));
      if (!run?.replay || isFinished(run)) return void (await ports.store.jobs.finish(lease, null));
      const hand = { ports, run, replay: run.replay, lease };
      if (run.cancel === "asked") return finish(hand, "cancelled", { cancel: "accepted" });
      const subscription = takerOf(await ports.store.subscriptions.get(run.replay.subscriptionId), ports.clock.now());
      if (subscription instanceof TidewireError) return finish(hand, "failed", { error: problemOf(subscription) });
      await takeStep(hand, subscription);
    },
  };
}

async function takeStep(hand: ReplayInHand, subscription: Subscription): Promise<void> {
  const { ports, replay, lease } = hand;
  const { store, clock, newId } = ports;
  const now = clock.now();
  if (replay.step === "count") {
    const { found, next } = await look(ports, replay, subscription, quotaOf(replay));
    return goOn(hand, advance(replay, found.length, next), now);
  }
  if (await isBusy(hand, subscription, now)) return void (await store.jobs.finish(lease, now + LOOK_AGAIN_MS));
  const { found, next } = await look(ports, replay, subscription, quotaOf(replay));
  const apartMs = 1_000 / replay.rate;
  const resends = found.map((candidate, n) => {
    const dueAt = now + Math.round(n * apartMs);
    return planResend(candidate, subscription, { dueAt, now, newId });
  });
  await goOn(hand, advance(replay, found.length, next), now + Math.ceil(found.length * apartMs), resends);
}

/** True while as many of its deliveries are due, or wait for their turn, as a replay may lay before what is new. */
async function isBusy(
  { ports: { store } }: ReplayInHand,
  { id, ordered }: Subscription,
  now: number,
): Promise<boolean> {
  const due = await store.jobs.due("deliver", id, now, BUSY_FROM);
  const behind = ordered ? await store.deliveries.behind(id, BUSY_FROM) : 0;
  return due.length + behind >= BUSY_FROM;
}

async function goOn(
  hand: ReplayInHand,
  { replay, isOver }: ReturnType<typeof advance>,
  nextAt: number,
  resends: readonly Resend[] = [],
): Promise<void> {
  if (isOver) return finish(hand, "succeeded", { replay }, resends);
  await commit(hand, { state: "running", replay }, nextAt, resends);
}

async function finish(
  hand: ReplayInHand,
  state: "succeeded" | "failed" | "cancelled",
  patch: RunCommit["patch"],
  resends: readonly Resend[] = [],
): Promise<void> {
  await commit(hand, { ...patch, state, finishedAt: hand.ports.clock.now() }, null, resends);
}

async function commit(
  { ports, run, lease }: ReplayInHand,
  patch: RunCommit["patch"],
  next: number | null,
  resends: readonly Resend[],
): Promise<void> {
  const result = await ports.store.commitRun({
    id: run.id,
    expectVersion: run.version,
    patch: { ...patch, updatedAt: ports.clock.now() },
    job: { lease, next },
    told: [],
    resends,
  });
  ports.log.debug({ run: run.id, state: patch.state, sent: resends.length, next, result }, "replay went on");
}
