import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../bin/tidewire.js", import.meta.url));

/** How a command ended. */
export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** A run of the real command line in a process of its own. */
export class TidewireProcess {
  out = "";
  err = "";
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor(args: string[], env: Record<string, string>, nodeArgs: string[] = []) {
    // Nothing of this machine's environment but the path: a developer's own keys must not reach a test.
    const inherited = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" };
    this.#child = spawn(process.execPath, [...nodeArgs, BIN, ...args], {
      env: { ...inherited, ...env },
      cwd: tmpdir(),
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.out += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.err += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (code) => resolve({ code, out: this.out, err: this.err }));
    });
  }

  /** Resolves with the match when standard output has it; rejects when the process ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.out);
        if (match) resolve(match);
      };
      this.#child.stdout?.on("data", look);
      void this.ended.then(({ err }) => reject(new Error(`it ended before it said ${pattern}: ${err}`)));
      look();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    this.#child.kill(signal);
  }
}

/** Runs a command to its end. */
export function tidewire(args: string[], env: Record<string, string> = {}, nodeArgs: string[] = []): Promise<Ended> {
  return new TidewireProcess(args, env, nodeArgs).ended;
}

export const ROOT_KEY = `tw_${"process".repeat(5)}`;

/** Settings of a server in a folder of its own. */
export function serverSettings(
  folder: string = mkdtempSync(join(tmpdir(), "tidewire-process-")),
): Record<string, string> {
  return {
    PORT: "0",
    DATABASE_URL: `file:${join(folder, "tidewire.db")}`,
    TIDEWIRE_ROOT_KEY: ROOT_KEY,
    TIDEWIRE_SANDBOX: "off",
    TIDEWIRE_ALLOWED_TARGETS: "127.0.0.1",
    TIDEWIRE_ALLOWED_UPSTREAMS: "127.0.0.1",
    LOG_LEVEL: "warn",
  };
}

/** A server that is ready; its address. */
export async function startServer(env: Record<string, string>): Promise<{ server: TidewireProcess; url: string }> {
  const server = new TidewireProcess(["serve"], env);
  const [, url = ""] = await server.until(/tidewire ready at (http\S+)/);
  return { server, url };
}
