import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";

const folder = mkdtempSync(join(tmpdir(), "tidewire-members-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a connector of one's own adds to the shipped one: the members of every workspace, swept as one list. */
const POLLED = {
  pollers: { main: { operation: "list", forEach: { operation: "workspaces.list", input: { workspace_id: ["id"] } } } },
  webhooks: [
    { event: "workspace_members.created", source: { type: "poll", poller: "main", on: { change: "added" } } },
    { event: "workspace_members.updated", source: { type: "poll", poller: "main", on: { change: "changed" } } },
    { event: "workspace_members.deleted", source: { type: "poll", poller: "main", on: { change: "removed" } } },
  ],
};

function polledManifest(): string {
  cpSync("connector.json", join(folder, "connector.json"));
  cpSync("resources", join(folder, "resources"), { recursive: true });
  const file = join(folder, "resources/workspace_members.json");
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, "utf8")) as JsonObject), ...POLLED }));
  return join(folder, "connector.json");
}

test("members of workspaces that come, change and go are told, each with its workspace", async () => {
  const tidewire = await Harness.start({ env: { TIDEWIRE_CONNECTORS: polledManifest() } });
  await tidewire.connect("work", { credentials: { apiKey: "sk-ant-test", adminKey: "sk-ant-admin01-test" } });
  const workspace = async (name: string) => String((await tidewire.run("workspaces.create", { name })).id);
  const user = (name: string) =>
    tidewire.sandbox.world.addUser({ name, email: `${name}@example.com`, role: "developer" }).id;
  const [north, south] = [await workspace("North"), await workspace("South")];
  const [finn, greta] = [user("finn"), user("greta")];
  const join = (workspace_id: string, user_id: string) =>
    tidewire.run("workspace_members.create", { workspace_id, user_id, workspace_role: "workspace_user" });
  const told = async () => {
    expect(await tidewire.sweep("workspace_members")).toMatchObject({ complete: true });
    const { body } = await tidewire.api("GET", "/v1/events?type=workspace_members.*&limit=200");
    return (body.result as JsonObject[]).map(({ type, data }) => {
      const { workspace_id, user_id } = data as JsonObject;
      return [String(type).split(".")[1], workspace_id, user_id];
    });
  };

  await join(north, finn);
  expect(await told()).toEqual([]);
  await join(south, finn);
  await join(north, greta);
  const created = [
    ["created", north, greta],
    ["created", south, finn],
  ];
  expect((await told()).sort()).toEqual(created.sort());
  await tidewire.run("workspace_members.update", {
    workspace_id: north,
    user_id: greta,
    workspace_role: "workspace_admin",
  });
  expect((await told())[0]).toEqual(["updated", north, greta]);
  await tidewire.run("workspace_members.delete", { workspace_id: north, user_id: finn });
  await told();
  expect((await told())[0]).toEqual(["deleted", north, finn]);
  await tidewire.end();
});
