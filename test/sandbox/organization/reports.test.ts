import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { seededId } from "../../../src/sandbox/organization/identity.ts";
import type { SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import { type Body, type Caller, HELLO, openSandbox } from "../caller.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EMPTY = { seedData: false };
const USAGE = "/usage_report/messages?starting_at=2026-11-20T00:00:00Z";
const COST = "/cost_report?starting_at=2026-11-20T00:00:00Z";

/** An organization without a history, and two models. */
function openNew(options: Partial<SandboxOptions> = {}): Caller {
  const caller = openSandbox({ ...EMPTY, ...options });
  caller.sandbox.world.addModel({ id: "claude-haiku-4-5-20251001", createdAt: Date.parse("2025-10-15") });
  caller.sandbox.world.addModel({ id: "claude-opus-5-5", display_name: "Claude Opus 5.5" });
  return caller;
}

interface Bucket {
  starting_at: string;
  ending_at: string;
  results: JsonObject[];
}

function bucketsOf(page: Body): Bucket[] {
  return page.data as unknown as Bucket[];
}

/** All buckets of all pages. */
async function walk({ admin }: Caller, path: string): Promise<Bucket[]> {
  const buckets: Bucket[] = [];
  for (let page: string | null = "", pages = 0; page !== null && pages < 200; pages++) {
    const { json } = await admin("GET", `${path}${page}`);
    expect(json.has_more).toBe(json.next_page !== null);
    buckets.push(...bucketsOf(json));
    page = json.has_more ? `&page=${json.next_page}` : null;
  }
  return buckets;
}

function total(buckets: Bucket[], amount: string): number {
  return buckets.flatMap(({ results }) => results).reduce((sum, result) => sum + Number(result[amount]), 0);
}

async function send({ call }: Caller, changes: JsonObject = {}): Promise<{ input: number; output: number }> {
  const { usage } = (await call("POST", "/v1/messages", { ...HELLO, ...changes })).json;
  const { input_tokens, output_tokens } = usage as { input_tokens: number; output_tokens: number };
  return { input: input_tokens, output: output_tokens };
}

describe("the messages usage report", () => {
  it("tells what the sandbox's answers took, ungrouped dimensions null", async () => {
    const caller = openNew();
    const one = await send(caller);
    const two = await send(caller, { model: "claude-haiku-4-5-20251001" });
    const { json } = await caller.admin("GET", USAGE);
    expect(json).toEqual({
      data: [
        {
          starting_at: "2026-11-20T00:00:00Z",
          ending_at: "2026-11-21T00:00:00Z",
          results: [
            {
              uncached_input_tokens: one.input + two.input,
              cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
              cache_read_input_tokens: 0,
              output_tokens: one.output + two.output,
              server_tool_use: { web_search_requests: 0 },
              account_id: null,
              api_key_id: null,
              context_window: null,
              inference_geo: null,
              model: null,
              service_account_id: null,
              service_tier: null,
              workspace_id: null,
            },
          ],
        },
      ],
      has_more: false,
      next_page: null,
    });
  });

  it("groups and filters", async () => {
    const caller = openNew();
    const one = await send(caller, { inference_geo: "us" });
    await send(caller, { model: "claude-haiku-4-5-20251001" });
    const results = async (query: string) =>
      bucketsOf((await caller.admin("GET", `${USAGE}&${query}`)).json).flatMap((bucket) => bucket.results);
    expect(await results("group_by[]=model&group_by[]=inference_geo")).toMatchObject([
      { model: "claude-haiku-4-5-20251001", inference_geo: "not_available", service_tier: null },
      { model: "claude-opus-5-5", inference_geo: "us", service_tier: null },
    ]);
    expect(await results("models[]=claude-opus-5-5")).toMatchObject([{ output_tokens: one.output, model: null }]);
    expect(await results("inference_geos[]=us&inference_geos[]=not_available")).toHaveLength(1);
    expect(await results("service_tiers[]=batch")).toEqual([]);
    expect(await results("workspace_ids[]=wrkspc_1")).toEqual([]);
  });

  it("tells speeds with the beta header only", async () => {
    const caller = openNew();
    await send(caller, { speed: "fast" });
    await send(caller);
    expect((await caller.admin("GET", `${USAGE}&group_by[]=speed`)).status).toBe(400);
    const beta = { "anthropic-beta": "fast-mode-2026-02-01" };
    const { json } = await caller.admin("GET", `${USAGE}&group_by[]=speed`, undefined, beta);
    expect(bucketsOf(json)[0]?.results.map(({ speed }) => speed)).toEqual(["fast", "standard"]);
  });

  it("books a batch when it has ended, once, and keeps it when it is deleted", async () => {
    const caller = openNew({ batchMs: 1_000 });
    const { output } = await send(caller);
    const requests = ["a", "b"].map((custom_id) => ({ custom_id, params: HELLO }));
    const bad = { custom_id: "c", params: { ...HELLO, model: "claude-9" } };
    const { id } = (await caller.call("POST", "/v1/messages/batches", { requests: [...requests, bad] })).json;
    const tiers = async () =>
      bucketsOf((await caller.admin("GET", `${USAGE}&group_by[]=service_tier`)).json)[0]?.results.map(
        ({ service_tier, output_tokens }) => [service_tier, output_tokens],
      );
    expect(await tiers()).toEqual([["standard", output]]);
    caller.sandbox.advance(1_000);
    const after = [
      ["batch", 2 * output],
      ["standard", output],
    ];
    expect(await tiers()).toEqual(after);
    expect((await caller.call("DELETE", `/v1/messages/batches/${id}`)).status).toBe(200);
    expect(await tiers()).toEqual(after);
  });

  it("gives the same sums whatever the width, in buckets without a gap, oldest first", async () => {
    const caller = openSandbox();
    const window = "/usage_report/messages?starting_at=2026-11-17T00:00:00Z&ending_at=2026-11-19T00:00:00Z";
    const days = await walk(caller, `${window}&bucket_width=1d&limit=1`);
    const hours = await walk(caller, `${window}&bucket_width=1h&limit=7`);
    const minutes = await walk(caller, `${window}&bucket_width=1m&limit=1000`);
    expect([days.length, hours.length, minutes.length]).toEqual([2, 48, 2_880]);
    for (const amount of ["uncached_input_tokens", "cache_read_input_tokens", "output_tokens"]) {
      expect(total(days, amount)).toBeGreaterThan(1_000);
      expect(total(hours, amount)).toBe(total(days, amount));
      expect(total(minutes, amount)).toBe(total(days, amount));
    }
    for (const [i, { starting_at }] of hours.entries()) {
      expect(starting_at).toBe(i === 0 ? "2026-11-17T00:00:00Z" : hours[i - 1]?.ending_at);
    }
  });

  it("ends with the bucket that is not yet over, or the last one before the end that was asked for", async () => {
    const { sandbox, admin } = openNew();
    sandbox.advance(30 * 60_000);
    const last = async (query: string) =>
      bucketsOf((await admin("GET", `/usage_report/messages?${query}`)).json).at(-1)?.ending_at;
    expect(await last("starting_at=2026-11-20T05:17:00Z&bucket_width=1h")).toBe("2026-11-20T09:00:00Z");
    expect(await last("starting_at=2026-11-20T05:17:00Z&ending_at=2026-11-20T07:59:00Z&bucket_width=1h")).toBe(
      "2026-11-20T07:00:00Z",
    );
    expect(await last("starting_at=2026-11-21T00:00:00Z")).toBeUndefined();
  });

  it.each([
    ["", "starting_at: Field required"],
    ["starting_at=yesterday", "starting_at: Input should be a valid datetime"],
    ["starting_at=2026-11-20", "starting_at: Input should be a valid datetime"],
    ["starting_at=2026-11-20T00:00:00Z&ending_at=2026-11-19T00:00:00Z", "ending_at: must be after"],
    ["starting_at=2026-11-20T00:00:00Z&bucket_width=1w", "bucket_width: Input should be '1m', '1h' or '1d'"],
    ["starting_at=2026-11-20T00:00:00Z&limit=32", "limit: Input should be less than or equal to 31"],
    ["starting_at=2026-11-20T00:00:00Z&bucket_width=1h&limit=169", "limit: Input should be less than or equal to 168"],
    ["starting_at=2026-11-20T00:00:00Z&group_by[]=color", "group_by: Input should be"],
    ["starting_at=2026-11-20T00:00:00Z&page=page_x", "page: the page token is not valid"],
  ])("refuses %j", async (query, message) => {
    const reply = await openSandbox().admin("GET", `/usage_report/messages?${query}`);
    expect([reply.status, reply.error]).toEqual([400, expect.stringContaining(message)]);
  });

  it("holds 7 days, 24 hours or 60 minutes unless asked", async () => {
    const { admin } = openSandbox();
    const count = async (width: string) =>
      (await admin("GET", `/usage_report/messages?starting_at=2026-09-01T00:00:00Z&bucket_width=${width}`)).json.data
        .length;
    expect([await count("1d"), await count("1h"), await count("1m")]).toEqual([7, 24, 60]);
  });

  it("is bent by faults as other lists are", async () => {
    const { sandbox, admin } = openSandbox();
    const path = "/usage_report/messages?starting_at=2026-11-01T00:00:00Z";
    sandbox.faults.add({ kind: "page_size", size: 1 });
    expect((await admin("GET", path)).json.data).toHaveLength(1);
    sandbox.faults.add({ kind: "empty_page" });
    expect((await admin("GET", path)).json).toMatchObject({ data: [], has_more: true });
    sandbox.faults.add({ kind: "repeat_token" });
    const { next_page } = (await admin("GET", path)).json;
    expect(bucketsOf((await admin("GET", `${path}&page=${next_page}`)).json)[0]?.starting_at).toBe(
      "2026-11-01T00:00:00Z",
    );
  });

  it("books what is sent on the seeded key of the default workspace", async () => {
    const caller = openSandbox();
    caller.sandbox.advance(DAY_MS);
    const { output } = await send(caller);
    const { json } = await caller.admin(
      "GET",
      "/usage_report/messages?starting_at=2026-11-21T00:00:00Z&group_by[]=api_key_id&group_by[]=workspace_id",
    );
    expect(bucketsOf(json)[0]?.results).toMatchObject([
      { api_key_id: seededId("apikey", "Sandbox"), workspace_id: null, output_tokens: output },
    ]);
  });
});

describe("the cost report", () => {
  it("tells cents as exact decimal strings", async () => {
    const caller = openNew();
    const { input, output } = await send(caller);
    // Opus: 5 and 25 dollars for a million tokens, so 0.0005 and 0.0025 cents for one.
    const amount = String((input * 5 + output * 25) / 10_000);
    expect((await caller.admin("GET", COST)).json.data).toEqual([
      {
        starting_at: "2026-11-20T00:00:00Z",
        ending_at: "2026-11-21T00:00:00Z",
        results: [
          {
            amount,
            currency: "USD",
            description: null,
            cost_type: null,
            context_window: null,
            inference_geo: null,
            model: null,
            service_tier: null,
            token_type: null,
            workspace_id: null,
          },
        ],
      },
    ]);
  });

  it("tells each kind of tokens apart by description", async () => {
    const caller = openNew();
    await send(caller);
    const { json } = await caller.admin("GET", `${COST}&group_by[]=description`);
    expect(bucketsOf(json)[0]?.results).toMatchObject([
      { description: "Claude Opus 5.5 Usage - Input Tokens", token_type: "uncached_input_tokens", cost_type: "tokens" },
      { description: "Claude Opus 5.5 Usage - Output Tokens", token_type: "output_tokens", model: "claude-opus-5-5" },
    ]);
  });

  it("adds up to the same total however it is grouped, and empty days are there", async () => {
    const caller = openSandbox();
    const window = "/cost_report?starting_at=2026-08-20T00:00:00Z&ending_at=2026-11-20T00:00:00Z&limit=31";
    const sum = (buckets: Bucket[]) => Math.round(total(buckets, "amount") * 1e5);
    const plain = await walk(caller, window);
    const grouped = await walk(caller, `${window}&group_by[]=workspace_id&group_by[]=description`);
    expect(plain).toHaveLength(92);
    expect(plain.filter(({ results }) => results.length === 0).map(({ starting_at }) => starting_at)).toEqual([
      "2026-08-20T00:00:00Z",
      "2026-08-21T00:00:00Z",
    ]);
    expect(sum(grouped)).toBe(sum(plain));
    const rows = grouped.flatMap(({ results }) => results);
    expect(new Set(rows.map(({ workspace_id }) => workspace_id))).toEqual(
      new Set([seededId("wrkspc", "Production"), seededId("wrkspc", "Staging")]),
    );
    expect(new Set(rows.map(({ cost_type }) => cost_type))).toEqual(new Set(["tokens", "web_search"]));
    expect(rows.every(({ amount }) => /^\d+(\.\d*[1-9])?$/.test(String(amount)))).toBe(true);
  });

  it("knows days only", async () => {
    expect((await openSandbox().admin("GET", `${COST}&bucket_width=1h`)).status).toBe(400);
  });
});

describe("the Claude Code report", () => {
  it("has a row for each who writes code, by page, the same every time", async () => {
    const { admin } = openSandbox();
    const path = "/usage_report/claude_code?starting_at=2026-11-19";
    const { json } = await admin("GET", path);
    expect([json.has_more, json.next_page]).toEqual([false, null]);
    const actors = json.data.map(({ actor }) => actor);
    expect(actors).toContainEqual({ type: "user_actor", email_address: "dmitri@example.com" });
    expect(actors).toContainEqual({ type: "api_actor", api_key_name: "Production backend" });
    expect(actors).not.toContainEqual({ type: "user_actor", email_address: "farah@example.com" });
    const first = (await openSandbox().admin("GET", `${path}&limit=2`)).json;
    const second = (await admin("GET", `${path}&limit=1000&page=${first.next_page}`)).json;
    expect(first.has_more).toBe(true);
    expect([...first.data, ...second.data]).toEqual(json.data);
  });

  it("has the shape of the API, costs as whole cents", async () => {
    const { json } = await openSandbox().admin("GET", "/usage_report/claude_code?starting_at=2026-11-19&limit=1");
    expect(json.data[0]).toMatchObject({
      date: "2026-11-19T00:00:00Z",
      organization_id: "aa8ca6f0-0000-4000-8000-5a9db0c70001",
      customer_type: "api",
      subscription_type: null,
      is_remote: false,
      core_metrics: {
        num_sessions: expect.any(Number),
        lines_of_code: { added: expect.any(Number), removed: expect.any(Number) },
        commits_by_claude_code: expect.any(Number),
        pull_requests_by_claude_code: expect.any(Number),
      },
      tool_actions: { edit_tool: { accepted: expect.any(Number), rejected: expect.any(Number) } },
    });
    const costs = json.data.flatMap((row) => row.model_breakdown as { estimated_cost: JsonObject }[]);
    expect(costs.length).toBeGreaterThan(0);
    for (const { estimated_cost: cost } of costs) {
      expect([Number.isInteger(cost.amount), cost.currency]).toEqual([true, "USD"]);
    }
  });

  it("has nobody before they joined, on days to come, or in an organization that is empty", async () => {
    const rows = async (day: string, options = {}) =>
      (await openSandbox(options).admin("GET", `/usage_report/claude_code?starting_at=${day}`)).json.data.length;
    expect(await rows("2020-01-01")).toBe(0);
    expect(await rows("2026-11-21")).toBe(0);
    expect(await rows("2026-11-19", EMPTY)).toBe(0);
    expect(await rows("2026-11-19")).toBe(7);
  });

  it.each(["", "?starting_at=2026-11-19T00:00:00Z", "?starting_at=2026-13-01", "?starting_at=2026-11-19&limit=1001"])(
    "refuses %j",
    async (query) => {
      expect((await openSandbox().admin("GET", `/usage_report/claude_code${query}`)).status).toBe(400);
    },
  );
});
