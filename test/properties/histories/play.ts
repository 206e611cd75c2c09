import { drizzle } from "../../../src/store/drizzle.ts";
import { MIGRATIONS, migrateSqlite } from "../../../src/store/migrate.ts";
import { openClient } from "../../../src/store/sqlite-client.ts";
import { subscription } from "../../support/subscription.ts";
import { CALM, type History, idOf, type Step } from "./history.ts";
import { Stage } from "./stage.ts";
import { stepText } from "./story.ts";

/** How much there was of it. */
export interface Figures {
  commands: number;
  sweeps: number;
  crashes: number;
  events: number;
}

/** A database with all its tables and nothing in it. */
const EMPTY = emptyDatabase();

/** Plays a history on the product, beside the perfect observer. Throws `FalseHistory`. */
export async function play(history: History): Promise<Figures> {
  const stage = new Stage(history, EMPTY);
  try {
    for (let n = 0; n < history.things; n++) stage.change({ do: "make", id: idOf(n), where: "top" });
    await stage.boot();
    await stage.process.ports.store.subscriptions.create(subscription());
    for (const step of history.steps) await take(stage, step);
    await rest(stage, history);
    const { sweeps, crashes, verdict } = stage;
    return { commands: commandsOf(history), sweeps, crashes, events: verdict.compared };
  } finally {
    stage.close();
  }
}

async function take(stage: Stage, step: Step): Promise<void> {
  if (step.do === "sweep") return stage.sweep(step);
  stage.say(stepText(step));
  if (step.do === "change") stage.change(step.change);
  if (step.do === "wait") stage.wait(step.minutes);
  if (step.do === "hide") stage.api.hidden = step.what;
  if (step.do === "resize") stage.api.manner.pageSize = step.pageSize;
  if (step.do === "shuffle") stage.api.shuffled = !stage.api.shuffled;
  if (step.do === "edit") stage.edition = step.edition;
  if (step.do === "edit" || step.do === "kill") stage.process.kill();
  if (step.do === "deed") await stage.do(step.deed, step.cut);
  await stage.boot();
  await stage.compare(stage.truth.moment);
}

/** Nothing happens any more, and whatever happened must soon be told: all that is held is truly gone. */
async function rest(stage: Stage, { setting }: History): Promise<void> {
  stage.say("nothing happens any more");
  stage.api.hidden = "no";
  for (let n = 0; n < setting.polls + 1; n++) await calmSweep(stage);
  await stage.do("release", null);
  await calmSweep(stage);
  stage.judge(await stage.verdict.loose(stage.process.ports.store));
}

/** After a while, so that in `head` mode too it reads all. */
function calmSweep(stage: Stage): Promise<void> {
  stage.wait(11);
  return stage.sweep(CALM);
}

/** Everything that was done upstream or to the product, sweeps aside. */
function commandsOf({ things, steps }: History): number {
  const incidents = steps.flatMap((step) => (step.do === "sweep" ? step.incidents : []));
  const within = incidents.map(({ incident }) => (incident.does === "change" ? incident.changes.length : 1));
  return within.reduce((sum, count) => sum + count, things + steps.filter((step) => step.do !== "sweep").length);
}

function emptyDatabase(): Buffer {
  const client = openClient(":memory:");
  migrateSqlite(drizzle({ client }), MIGRATIONS, ":memory:");
  const image = client.serialize();
  client.close();
  return image;
}
