import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";

const running = new Set<ChildProcess>();
// Whatever becomes of the bench, nothing that it started is left behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs `node …args` in a process of its own. */
export function startNode(args: readonly string[], stdio: StdioOptions, env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, args, { stdio, env });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Asks a process to end and waits until it has. */
export function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
