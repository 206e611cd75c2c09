import { readFileSync } from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it, vi } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import { WEBHOOK_TYPES } from "../../src/sandbox/webhook-types.ts";
import type { Post } from "../../src/sandbox/webhooks.ts";
import { openSandbox } from "./caller.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const WISH = { url: "http://127.0.0.1/hook", secret: SECRET, type: "session.status_idled" };

interface Posted {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A sandbox whose webhooks are kept, and what the official SDK makes of them. */
function open(post?: Post) {
  const posted: Posted[] = [];
  const keep: Post = async (url, headers, body) => {
    posted.push({ url, headers, body });
    return 204;
  };
  const caller = openSandbox({ post: post ?? keep });
  const knob = (body: Json) => caller.call("POST", "/_sandbox/webhooks", body, { "x-api-key": null });
  const unwrapped = ({ headers, body }: Posted) => {
    vi.useFakeTimers({ toFake: ["Date"], now: caller.clock.now() });
    try {
      return new Anthropic({ apiKey: "none" }).beta.webhooks.unwrap(body, { headers, key: SECRET });
    } finally {
      vi.useRealTimers();
    }
  };
  return { ...caller, posted, knob, unwrapped };
}

describe("the API's own webhooks", () => {
  it("are of the types that the official SDK knows", () => {
    const file = new URL("../../node_modules/@anthropic-ai/sdk/resources/beta/webhooks.d.ts", import.meta.url);
    const types = [...readFileSync(file, "utf8").matchAll(/^ {4}type: '(\w+\.\w+)';$/gm)].map(([, type]) => type);
    expect(WEBHOOK_TYPES.toSorted()).toEqual(types.toSorted());
  });

  it.each(WEBHOOK_TYPES)("%s is unwrapped by it", async (type) => {
    const { sandbox, posted, unwrapped } = open();
    const { event, status } = await sandbox.world.sendWebhook({ ...WISH, type });
    expect(status).toBe(204);
    expect(unwrapped(posted[0] as Posted)).toEqual(event);
    expect(event).toMatchObject({ type: "event", id: expect.stringMatching(/^whe_/) as string, data: { type } });
  });

  it("have the ids of what they are about", async () => {
    const { sandbox } = open();
    const dataOf = async (type: string) => (await sandbox.world.sendWebhook({ ...WISH, type })).event.data;
    expect(await dataOf("session.thread_idled")).toMatchObject({
      id: expect.stringMatching(/^sesn_/) as string,
      session_thread_id: expect.stringMatching(/^sthr_/) as string,
      workspace_id: expect.stringMatching(/^wrkspc_/) as string,
    });
    expect(await dataOf("session.idled")).not.toHaveProperty("session_thread_id");
    expect(await dataOf("vault_credential.deleted")).toHaveProperty("vault_id");
    expect(await dataOf("external_key.failed")).not.toHaveProperty("workspace_id");
    expect(await dataOf("user_profile.program_status_updated")).not.toHaveProperty("enforcement_action_id");
  });

  it("are signed now, whatever the time is in the sandbox, and again when they are sent again", async () => {
    const { sandbox, clock, posted, unwrapped } = open();
    sandbox.advance(86_400_000);
    await sandbox.world.sendWebhook({ ...WISH, id: "whe_1" });
    expect(unwrapped(posted[0] as Posted)).toMatchObject({ id: "whe_1", created_at: "2026-11-21T08:00:00Z" });
    await clock.advance(600_000);
    await sandbox.world.sendWebhook({ ...WISH, id: "whe_1" });
    expect(unwrapped(posted[1] as Posted)).toMatchObject({ id: "whe_1" });
  });

  it("are sent by a knob, which tells what came back", async () => {
    const { knob, posted } = open();
    const { status, json } = await knob(WISH);
    expect([status, json.status, json.event]).toEqual([200, 204, JSON.parse((posted[0] as Posted).body)]);
    expect(posted[0]?.url).toBe(WISH.url);
  });

  it.each([
    ["no url", { ...WISH, url: "" }, "url"],
    ["a secret that is none", { ...WISH, secret: "whsec_!" }, "secret"],
    ["a kind of thing that there is not", { ...WISH, type: "message.created" }, "type"],
    ["no type", { url: WISH.url, secret: SECRET }, "type"],
  ])("are not sent with %s", async (_, wish, says) => {
    const { knob, posted } = open();
    const { status, text } = await knob(wish);
    expect([status, posted]).toEqual([400, []]);
    expect(text).toContain(`${says}:`);
  });

  it("are not sent when nobody is there, or there is no way out", async () => {
    const nobody = await open(() => Promise.reject(new Error("connection refused"))).knob(WISH);
    expect([nobody.status, nobody.text.includes("connection refused")]).toEqual([400, true]);
    const shut = await openSandbox().call("POST", "/_sandbox/webhooks", WISH);
    expect([shut.status, shut.text.includes("no way to send")]).toEqual([400, true]);
  });
});
