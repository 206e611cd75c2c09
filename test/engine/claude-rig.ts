import { join } from "node:path";
import type { OperationCall } from "../../src/engine/call.ts";
import { execute } from "../../src/engine/execute.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { Operation, Resource } from "../../src/manifest/connector.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { operationsOf } from "../../src/manifest/triggers.ts";
import type { BinaryInput } from "../../src/model/binary.ts";
import type { Reply } from "../../src/model/reply.ts";
import { createSandbox, type SandboxListener } from "../../src/sandbox/sandbox.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openRig, type Rig, sandboxCallOf } from "./rig.ts";

export const { connector } = loadConnector(join(import.meta.dirname, "../../connector.json"));

/** The shipped connector against a sandbox of its own; it knows which operations were run. */
export class ClaudeRig {
  readonly sandbox = createSandbox({ clock: new ManualClock(), random: () => 0.5 });
  readonly #ran = new Set<string>();
  readonly rig: Rig = openRig();
  #listener: SandboxListener | null = null;

  async open(): Promise<void> {
    this.#listener = await this.sandbox.listen(0);
  }

  async close(): Promise<void> {
    await this.rig.close();
    await this.#listener?.close();
  }

  callOf(id: string, input: object = {}, params: Record<string, string> = {}): OperationCall {
    return sandboxCallOf(connector, id, this.#listener?.url ?? "", { ...input }, params);
  }

  reply(id: string, input: object = {}, params: Record<string, string> = {}): Promise<Reply> {
    this.#ran.add(id);
    return execute(this.rig.deps, this.callOf(id, input, params));
  }

  async value(id: string, input: object = {}, params: Record<string, string> = {}): Promise<JsonObject> {
    const got = await this.reply(id, input, params);
    if (got.kind !== "value") throw new Error(`${id} gave ${got.kind}`);
    return got.value as JsonObject;
  }

  async list(id: string, input: object = {}, params: Record<string, string> = {}) {
    const got = await this.reply(id, input, params);
    if (got.kind !== "list") throw new Error(`${id} gave ${got.kind}`);
    return { records: got.value as JsonObject[], nextCursor: got.nextCursor };
  }

  /** All records, page by page. */
  async all(id: string, input: object = {}): Promise<JsonObject[]> {
    const first = await this.list(id, input);
    const records = [...first.records];
    for (let cursor = first.nextCursor; cursor !== null; ) {
      const page = await this.list(id, { ...input, cursor });
      records.push(...page.records);
      cursor = page.nextCursor;
    }
    return records;
  }

  /** The operations that ship, of those asked for, and have not been run here. */
  notRun(which: (resource: Resource, operation: Operation) => boolean): string[] {
    const shipped = operationsOf(connector).filter(({ resource, operation }) => which(resource, operation));
    return shipped.map(({ operation }) => operation.id).filter((id) => !this.#ran.has(id));
  }
}

/** What keeps files, and is run in `claude-files.test.ts`. */
export const FILE_RESOURCES = ["files", "skills", "skill_versions"];

export function textFile(filename: string, content: string): BinaryInput {
  return {
    filename,
    contentType: "text/plain",
    size: Buffer.byteLength(content),
    async *open() {
      yield Buffer.from(content);
    },
  };
}
