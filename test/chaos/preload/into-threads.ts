import { syncBuiltinESMExports } from "node:module";
import workers from "node:worker_threads";

const { Worker } = workers;

/**
 * Has a preload loaded by each thread as well, before what the thread runs: the thread that writes has a connection of its own,
 * and Node preloads nothing into a thread whose code is a text.
 */
export function intoThreads(preload: string): void {
  workers.Worker = class extends Worker {
    constructor(source: string | URL, options: workers.WorkerOptions = {}) {
      const first = `import(${JSON.stringify(preload)})`;
      super(options.eval ? `${first}.then(() => { ${String(source)} });` : source, options);
    }
  };
  syncBuiltinESMExports();
}
