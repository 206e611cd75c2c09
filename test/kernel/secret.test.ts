import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/kernel/log.ts";
import { Secret } from "../../src/kernel/secret.ts";

describe("Secret", () => {
  it("shows itself only when asked to", () => {
    const secret = new Secret("sk-ant-1");
    expect(`${secret} ${JSON.stringify({ secret })} ${inspect({ secret })}`).not.toContain("sk-ant");
    expect(secret.reveal()).toBe("sk-ant-1");
  });
});

describe("log", () => {
  it("masks what is named like a secret, at the top and one level down", () => {
    const lines: string[] = [];
    const log = createLog("info", { write: (line: string) => lines.push(line) });
    log.info({ apiKey: "sk-ant-1", headers: { "x-api-key": "sk-ant-2", authorization: "Bearer sk-ant-3" } }, "called");
    expect(lines.join("")).toContain("called");
    expect(lines.join("")).not.toContain("sk-ant");
  });
});
