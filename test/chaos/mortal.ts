import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as rest, setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/kernel/json.ts";
import { type Ended, ROOT_KEY, serverSettings, TidewireProcess } from "../support/process.ts";
import { NOTES_CONNECTOR } from "./changing-api.ts";

/** Rounds of the event loop in which what a dead process had sent is read. */
const LAST_WORDS = 50;
const LOOK_MS = 50;
const READY = /tidewire ready at (http\S+)/;

/** Modules of `preload/` that a life is started with, each told what to do by a variable of its own. */
export interface Fate {
  preload: "die-at" | "full-disk";
  env?: Record<string, string>;
}

/** A server that dies and is started again, on one database. */
export class Mortal {
  readonly folder = mkdtempSync(join(tmpdir(), "tidewire-chaos-"));
  readonly env: Record<string, string>;
  #process: TidewireProcess | null = null;
  #url = "";

  constructor(env: Record<string, string> = {}) {
    const connector = join(this.folder, "connector.json");
    writeFileSync(connector, JSON.stringify(NOTES_CONNECTOR));
    this.env = {
      ...serverSettings(this.folder),
      TIDEWIRE_CONNECTORS: connector,
      TIDEWIRE_VAULT_KEY: Buffer.alloc(32, 7).toString("base64"),
      ...env,
    };
  }

  get path(): string {
    return join(this.folder, "tidewire.db");
  }

  get process(): TidewireProcess {
    if (this.#process === null) throw new Error("it was not started");
    return this.#process;
  }

  /** Begins a life; it is not ready yet. */
  spawn(fate?: Fate): TidewireProcess {
    const file = fate && fileURLToPath(new URL(`preload/${fate.preload}.ts`, import.meta.url));
    const nodeArgs = file === undefined ? [] : ["--import", file];
    this.#process = new TidewireProcess(["serve"], { ...this.env, ...fate?.env }, nodeArgs);
    return this.#process;
  }

  /** Resolves when this life is ready; rejects when it ends before. */
  async ready(): Promise<void> {
    this.#url = (await this.process.until(READY))[1] ?? "";
  }

  async start(fate?: Fate): Promise<void> {
    this.spawn(fate);
    await this.ready();
  }

  /** Ends this life as the system does when it must, or as it asks to. What it had sent has been read when it resolves. */
  async end(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<Ended> {
    this.process.kill(signal);
    const ended = await this.process.ended;
    for (let round = 0; round < LAST_WORDS; round++) await turn();
    return ended;
  }

  /** Calls the API of this life with the root key; gives the whole answer. Throws for one that is no success. */
  async api(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    const headers = { authorization: `Bearer ${ROOT_KEY}`, "content-type": "application/json" };
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
    const response = await fetch(this.#url + path, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return (await response.json()) as JsonObject;
  }

  /** Connects it to the provider and waits for the baseline, from which on changes are told. */
  async connect(upstreamUrl: string): Promise<void> {
    await this.api("POST", "/v1/connections?probe=false", {
      connector: "notes",
      name: "default",
      credentials: {},
      params: { baseUrl: upstreamUrl },
    });
    while (!(await this.#isBaselined())) await rest(LOOK_MS);
  }

  async #isBaselined(): Promise<boolean> {
    const { result } = await this.api("GET", "/v1/pollers");
    return (result as JsonObject[]).every(({ baselined_at }) => baselined_at !== null);
  }

  /** Ends it for good, with its database. */
  async bury(): Promise<void> {
    if (this.#process !== null) await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
