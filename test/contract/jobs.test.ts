import { describe } from "vitest";
import type { StartCron } from "../../src/jobs/cron.ts";
import { createEmbeddedJobs } from "../../src/jobs/embedded.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { Store } from "../../src/store/contract.ts";
import { ManualClock } from "../support/manual-clock.ts";
import type { Rig } from "../support/store-jobs-rig.ts";
import type { JobPlace } from "./jobs-desk.ts";
import { jobEndingSuite } from "./jobs-ending.ts";
import { jobRunningSuite } from "./jobs-running.ts";
import { type Backend, backends } from "./store-backends.ts";

/** Schedules that tick by hand. */
function handCron(): { startCron: StartCron; tick: Rig["tick"] } {
  const actions = new Map<string, () => Promise<void>>();
  return {
    startCron(name, _expression, action) {
      actions.set(name, action);
      return () => void actions.delete(name);
    },
    tick(name) {
      const action = actions.get(name);
      return action ? action() : Promise.reject(new Error(`"${name}" does not tick`));
    },
  };
}

async function embeddedPlace(backend: Backend): Promise<JobPlace> {
  const clock = new ManualClock();
  let store: Store = await backend.open();
  return {
    get store() {
      return store.jobs;
    },
    clock,
    newEngine() {
      const logged: string[] = [];
      const log = createLog("warn", { write: (line: string) => void logged.push(line) });
      const { startCron, tick } = handCron();
      return { engine: createEmbeddedJobs({ store: store.jobs, clock, log, startCron }), logged, tick };
    },
    async restart() {
      if (!backend.isDurable) return; // the second engine on the same store knows nothing of the first
      await store.close();
      store = await backend.open();
    },
  };
}

describe.each(backends())("the job contract on the embedded engine, $name", (backend) => {
  describe("running", () => jobRunningSuite(() => embeddedPlace(backend)));
  describe("ending", () => jobEndingSuite(() => embeddedPlace(backend)));
});
