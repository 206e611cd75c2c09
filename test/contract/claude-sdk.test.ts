import Anthropic from "@anthropic-ai/sdk";
import { expect, it } from "vitest";
import { createSandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { datedClock } from "../support/dated-clock.ts";
import { BATCH_MS, type ClaudeEndpoint, claudeSdkSuite } from "./claude-sdk.suite.ts";
import { claudeSdkAdminSuite } from "./claude-sdk-admin.suite.ts";

/** The sandbox's models come and go by its clock; no suite may need one that goes. */
const DATES = ["2026-11-20T08:00:00Z", "2029-02-28T23:59:00Z"];

function open(apiKey: string, date: string, options: Partial<SandboxOptions> = {}) {
  return async (): Promise<ClaudeEndpoint> => {
    const sandbox = createSandbox({ clock: datedClock(date), ...options });
    const { url, close } = await sandbox.listen(0);
    return { baseURL: url, apiKey, sandbox, close };
  };
}

for (const date of DATES) {
  claudeSdkSuite(`the sandbox of ${date}`, open("sk-ant-api03-test", date, { batchMs: BATCH_MS }));
  claudeSdkAdminSuite(`the sandbox of ${date}`, open("sk-ant-admin01-test", date));
}

it("the official SDK meets a refused key as AuthenticationError", async () => {
  const { baseURL, apiKey, close } = await open("sk-ant-invalid-key", "2026-11-20T08:00:00Z")();
  const client = new Anthropic({ baseURL, apiKey });
  await expect(client.models.list()).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  await expect(client.organization.retrieve()).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  await close();
});
