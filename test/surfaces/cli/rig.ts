import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createProduct } from "../../../src/product.ts";
import type { Product, RunningServer } from "../../../src/surfaces/cli/product.ts";
import { runCli } from "../../../src/surfaces/cli/program.ts";
import type { Terminal } from "../../../src/surfaces/cli/terminal.ts";

/** How a command ended, and what it wrote. */
export interface Ran {
  code: number;
  out: string;
  err: string;
  /** Standard output, byte for byte. */
  bytes: Buffer;
  /** What the person in front of it was asked. */
  questions: string[];
}

/** Who sits in front of the terminal. */
export interface Person {
  /** What they answer when they are asked; nobody is there unless it is given. */
  says?: boolean;
  /** Resolves when they stop the command. */
  stops?: Promise<void>;
  /** Is given each text as it is written. */
  reads?: (text: string) => void;
}

type Environment = Record<string, string>;

/** Runs one command line in this process, on a terminal that keeps what is written to it. */
export async function run(argv: string[], product: Product, env: Environment, person: Person = {}): Promise<Ran> {
  const written: Buffer[] = [];
  const ran = { out: "", err: "", questions: [] as string[] };
  const terminal: Terminal = {
    json: false,
    interactive: person.says !== undefined,
    out: (text) => {
      written.push(Buffer.from(text));
      person.reads?.(text);
    },
    err: (text) => {
      ran.err += text;
    },
    outBytes: async (bytes) => {
      written.push(Buffer.from(bytes));
      person.reads?.(Buffer.from(bytes).toString("utf8"));
    },
    async confirm(question) {
      ran.questions.push(question);
      return person.says ?? false;
    },
  };
  const stopped = person.stops ?? new Promise<void>(() => {});
  const code = await runCli(argv, { terminal, product, env, stopped });
  const bytes = Buffer.concat(written);
  return { ...ran, code, bytes, out: bytes.toString("utf8") };
}

/** The command line beside a database of its own, with the sandbox as provider. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), "tidewire-cli-"));
  readonly env: Environment;
  readonly product: Product;
  #server: RunningServer | null = null;

  constructor(env: Environment = {}) {
    this.env = {
      DATABASE_URL: `file:${join(this.folder, "tidewire.db")}`,
      TIDEWIRE_SANDBOX: "on",
      PORT: "0",
      LOG_LEVEL: "silent",
      ...env,
    };
    this.product = createProduct(this.env);
  }

  /** Starts the server, which the commands then find; without it they open the database themselves. */
  async serve(): Promise<RunningServer> {
    this.#server = await this.product.serve({});
    return this.#server;
  }

  run(...argv: string[]): Promise<Ran> {
    return run(argv, this.product, this.env);
  }

  runAs(person: Person, ...argv: string[]): Promise<Ran> {
    return run(argv, this.product, this.env, person);
  }

  /** Runs with `--json`; gives what standard output then holds. */
  async json(...argv: string[]): Promise<unknown> {
    const ran = await this.run(...argv, "--json");
    if (ran.code !== 0) throw new Error(ran.err);
    return JSON.parse(ran.out);
  }

  /** Writes a file in the folder; gives its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A command that goes on until it is stopped, with what it has written so far. */
export class Ongoing {
  out = "";
  readonly ended: Promise<Ran>;
  readonly #stop = Promise.withResolvers<void>();
  #look: () => void = () => {};

  constructor(desk: Desk, argv: string[], person: Person = {}) {
    const reads = (text: string) => {
      this.out += text;
      this.#look();
    };
    this.ended = desk.runAs({ ...person, stops: this.#stop.promise, reads }, ...argv);
  }

  /** Resolves when it has written what matches; rejects when it ends before. */
  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        if (pattern.test(this.out)) resolve();
      };
      void this.ended.then(({ err }) => reject(new Error(`it ended before: ${err}`)));
      this.#look();
    });
  }

  stop(): Promise<Ran> {
    this.#stop.resolve();
    return this.ended;
  }
}

/** The one error that `--json` writes to standard error. */
export function errorOf({ err }: Ran): { code: string; message: string; errors: { at: string }[]; upstream?: unknown } {
  const lines = err.trim().split("\n");
  if (lines.length !== 1) throw new Error(`not one line: ${err}`);
  return (JSON.parse(lines[0] as string) as { error: ReturnType<typeof errorOf> }).error;
}
