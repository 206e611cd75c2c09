import { expect, test } from "vitest";
import { Desk } from "./desk.ts";

test("deliveries are listed by patterns of their type, as events are (none were found)", async () => {
  const desk = await Desk.open({ schedule: "1h" });
  await desk.subscribe("https://hooks.example.com/a", { events: ["*"] });
  const types = ["files.created", "skills.created", "files.deleted", "messages.created"];
  for (const type of types) {
    await desk.tell({ type });
    await desk.clock.advance(1_000);
  }
  const listed = async (type: string | string[]) =>
    (await desk.list("deliveries.list", { type })).map((delivery) => delivery.type);
  expect(await listed("files.*")).toEqual(["files.deleted", "files.created"]);
  expect(await listed("messages.*, files.created")).toEqual(["messages.created", "files.created"]);
  expect(await listed(["skills.created"])).toEqual(["skills.created"]);
  expect(await listed("*")).toEqual(types.toReversed());
  expect(await listed("models.*")).toEqual([]);
  await expect(listed("claude-api/files.*")).rejects.toMatchObject({ code: "invalid_input", errors: [{ at: "type" }] });
});

test("pages of several types go on where the one before ended", async () => {
  const desk = await Desk.open({ schedule: "1h" });
  await desk.subscribe("https://hooks.example.com/a", { events: ["*"] });
  const told = await desk.tellMany(7, (n) => ({ type: n % 2 ? "files.created" : "files.deleted" }));
  const seen: unknown[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await desk.ask("deliveries.list", { type: "files.*", limit: 3, ...(cursor ? { cursor } : {}) });
    if (page.kind !== "list") throw new Error("no list");
    seen.push(...page.value.map((delivery) => (delivery as { event: string }).event));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(told.map(({ id }) => id).toReversed());
});
