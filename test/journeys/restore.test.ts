import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { backupSqlite } from "../../src/store/backup.ts";
import { Harness } from "../support/harness.ts";
import { Receiver, verified } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";

const MESSAGE = { model: "claude-opus-5-5", max_tokens: 10, messages: [{ role: "user", content: "Hi" }] };

test("from a backup, taken while the server ran, what was pending goes out, under its own id and secret", async () => {
  const receiver = await Receiver.start(status(503));
  const lost = await Harness.start();
  await lost.connect();
  const made = await lost.api("POST", "/v1/subscriptions", { url: receiver.url(), events: ["messages.*"] });
  const { secret } = made.body.result as { secret: string };
  await lost.run("messages.create", MESSAGE);
  await receiver.arrived(1);
  await lost.clock.advance(1_000);

  const folder = mkdtempSync(join(tmpdir(), "tidewire-restore-"));
  await backupSqlite({ from: join(lost.folder, "tidewire.db"), to: join(folder, "tidewire.db"), force: false });
  const [first] = receiver.received();
  await lost.end();

  receiver.script(status(204));
  const restored = await Harness.start({ folder, clock: lost.clock });
  await restored.clock.advance(10_000);
  await receiver.arrived(2);
  await restored.clock.advance(1_000);
  const [, second] = receiver.received();
  expect([second?.id, second?.attempt]).toEqual([first?.id, 2]);
  expect(verified(second!, secret, restored.clock.now())).toEqual(first?.body);
  const deliveries = await restored.api("GET", "/v1/deliveries");
  expect(deliveries.body.result).toMatchObject([{ status: "delivered", attempt_count: 2 }]);
  await Promise.all([restored.end(), receiver.stop()]);
});
