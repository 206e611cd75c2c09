import { systemClock } from "../../src/kernel/clock.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { Harness } from "../support/harness.ts";
import { BATCH_MS, claudeSdkSuite } from "./claude-sdk.suite.ts";

/** The very suite that the sandbox passes, with the product in between and a Tidewire key as the SDK's. */
claudeSdkSuite("the proxy", async () => {
  const sandbox = createSandbox({ clock: systemClock, batchMs: BATCH_MS });
  const tidewire = await Harness.start({ sandbox });
  await tidewire.connect();
  const answer = await tidewire.api("POST", "/v1/keys", { name: "sdk", scopes: ["admin"] });
  return {
    baseURL: `${tidewire.url}/v1/proxy/claude-api`,
    apiKey: (answer.body.result as { key: string }).key,
    sandbox,
    close: () => tidewire.end(),
  };
});
