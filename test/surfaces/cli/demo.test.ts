import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createProduct } from "../../../src/product.ts";
import type { Client } from "../../../src/surfaces/cli/client.ts";
import type { Product } from "../../../src/surfaces/cli/product.ts";
import { errorOf, run } from "./rig.ts";

const EVENTS = [
  "messages.created",
  "files.created",
  "files.deleted",
  "skills.created",
  "skills.deleted",
  "models.created",
  "message_batches.ended",
  "message_batches.expired",
];
const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
/** The story without what is another each time: ports, ids, the fingerprint of an answer, the time it took. */
const alike = (story: string) =>
  story.replace(/(?<=127\.0\.0\.1:)\d+|(?<=[a-z]_01)\w+|(?<=always gets this answer \()\w+|(?<=All in )[\d.]+/g, "…");

/** A temporary folder of this test's own: others may run the demo at the same time. */
const folder = mkdtempSync(join(tmpdir(), "tidewire-demo-test-"));
beforeAll(() => void vi.stubEnv("TMPDIR", folder));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("tidewire demo", { timeout: 60_000 }, () => {
  it("shows eight events, each verified, and leaves nothing behind", async () => {
    const { code, out, err } = await run(["demo", "--json"], createProduct({}), {});
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { events, ms } = JSON.parse(out) as {
      events: { event: string; arrived: number; verified: number }[];
      ms: number;
    };
    expect(events.map(({ event }) => event)).toEqual(EVENTS);
    for (const { arrived, verified } of events) expect(verified).toBe(arrived);
    expect(events.reduce((sum, { arrived }) => sum + arrived, 0)).toBe(9);
    expect(ms).toBeLessThan(60_000);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("tells people the story as it goes, as the README shows it", async () => {
    const { code, out } = await run(["demo"], createProduct({ TIDEWIRE_CONNECTORS: "nowhere.json", PORT: "1" }), {});
    expect(code).toBe(0);
    for (const event of EVENTS) expect(out).toMatch(new RegExp(`✓ ${event.replace(".", "\\.")} .*signature verified`));
    expect(out).toMatch(/^All in \d+\.\d s\. Next: npm start$/m);
    const [shown] = README.match(/(?<=^```\n)A Claude sandbox [^]*?(?=^```$)/m) ?? [];
    expect(alike(out)).toBe(alike(shown ?? "the README shows nothing"));
  });

  it("fails when an event does not come", async () => {
    const product = createProduct({});
    const mute: Product = {
      ...product,
      serve: (overrides) => product.serve({ ...overrides, TIDEWIRE_RETRY_SCHEDULE: "1h" }),
    };
    const ran = await run(["demo", "--wait", "0.2", "--json"], mute, {});
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(errorOf(ran).message).toMatch(/^No messages\.created for msg_\w+ arrived within 0\.2 s\.$/);
  });

  it("fails when signatures do not verify, and says which", async () => {
    const product = createProduct({});
    const ran = await run(
      ["demo", "--json"],
      { ...product, connect: (url, key) => withOtherSecret(product.connect(url, key)) },
      {},
    );
    expect(ran.code).toBe(1);
    expect(errorOf(ran).message).toBe(`Missing or not verified: ${EVENTS.join(", ")}.`);
    const { events } = JSON.parse(ran.out) as { events: { arrived: number; verified: number }[] };
    expect(events.every(({ arrived, verified }) => arrived > 0 && verified === 0)).toBe(true);
  });

  it("takes a number of seconds to wait", async () => {
    expect(await run(["demo", "--wait", "soon"], createProduct({}), {})).toMatchObject({ code: 2, out: "" });
  });
});

/** A product that tells another secret than the one it signs with. */
function withOtherSecret(client: Client): Client {
  return {
    ...client,
    async request(method, path, body) {
      const response = await client.request(method, path, body);
      if (path !== "/v1/subscriptions") return response;
      const secret = `whsec_${Buffer.alloc(32).toString("base64")}`;
      return {
        ...response,
        body: (async function* () {
          yield Buffer.from(JSON.stringify({ result: { secret } }));
        })(),
      };
    },
  };
}
