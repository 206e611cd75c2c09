import Anthropic from "@anthropic-ai/sdk";
import { expect, it } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { BATCH_MS, claudeSdkSuite } from "./claude-sdk.suite.ts";
import { claudeSdkAdminSuite } from "./claude-sdk-admin.suite.ts";

claudeSdkSuite("the sandbox", async () => {
  const sandbox = createSandbox({ clock: systemClock, batchMs: BATCH_MS });
  const { url, close } = await sandbox.listen(0);
  return { baseURL: url, apiKey: "sk-ant-api03-test", sandbox, close };
});

claudeSdkAdminSuite("the sandbox", async () => {
  const sandbox = createSandbox({ clock: systemClock });
  const { url, close } = await sandbox.listen(0);
  return { baseURL: url, apiKey: "sk-ant-admin01-test", sandbox, close };
});

it("the official SDK meets a refused key as AuthenticationError", async () => {
  const { url, close } = await createSandbox({ clock: systemClock }).listen(0);
  const client = new Anthropic({ baseURL: url, apiKey: "sk-ant-invalid-key" });
  await expect(client.models.list()).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  await close();
});
