import { afterAll, describe, expect, it } from "vitest";
import { connectorJson, manifest, resourceJson } from "../../manifest/written.ts";
import { Desk, errorOf } from "./rig.ts";

const ROOT_KEY = `tw_${"secret".repeat(8)}`;
const VAULT_KEY = Buffer.alloc(32, 5).toString("base64");

describe("tidewire config", () => {
  const desk = new Desk({
    TIDEWIRE_ROOT_KEY: ROOT_KEY,
    TIDEWIRE_VAULT_KEY: VAULT_KEY,
    ANTHROPIC_API_KEY: "sk-ant-live",
  });
  afterAll(() => desk.close());

  it("prints every setting with its value and meaning, and no secret", async () => {
    const { code, out, err } = await desk.run("config");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^PORT +0 +Port to listen on/m);
    expect(out).toMatch(/^TIDEWIRE_RETRY_SCHEDULE +0s,5s,5m,30m,2h,5h,10h,14h,20h,1d +/m);
    expect(out).toMatch(/^TIDEWIRE_ROOT_KEY +\[secret\]/m);
    expect(out).toMatch(/^ANTHROPIC_API_KEY +\[secret\] +claude-api: apiKey\./m);
    for (const secret of [ROOT_KEY, VAULT_KEY, "sk-ant-live"]) expect(out).not.toContain(secret);
  });

  it("refuses hosts that the server would not start with", async () => {
    const other = new Desk({ TIDEWIRE_ALLOWED_TARGETS: "http://x" });
    const { code, err } = await other.run("config");
    await other.close();
    expect(code).not.toBe(0);
    expect(err).toContain("TIDEWIRE_ALLOWED_TARGETS");
  });

  it("prints them for scripts", async () => {
    expect(await desk.json("config")).toMatchObject({
      PORT: "0",
      TIDEWIRE_VAULT_KEY: "[secret]",
      TIDEWIRE_KEY: "",
      ANTHROPIC_API_KEY: "[secret]",
      ANTHROPIC_ADMIN_KEY: "",
    });
  });

  it("knows the variables of the manifests in force", async () => {
    const auth = { method: "bearer", fields: [{ name: "token", env: "ACME_TOKEN", description: "Token of Acme." }] };
    const file = manifest(connectorJson({ service: { auth } }), resourceJson());
    const other = new Desk({ TIDEWIRE_CONNECTORS: file, ACME_TOKEN: "acme-token" });
    const settings = await other.json("config");
    expect(settings).toMatchObject({ TIDEWIRE_CONNECTORS: file, ACME_TOKEN: "[secret]" });
    expect(settings).not.toHaveProperty("ANTHROPIC_API_KEY");
    await other.close();
  });

  it("names every mistake at once, and ends with 2", async () => {
    const wrong = new Desk({ PORT: "x", DATABASE_URL: "mysql://x", TIDEWIRE_TRUST_PROXY: "10.0.0.0/8,proxy" });
    const ran = await wrong.run("config", "--json");
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(errorOf(ran).errors.map(({ at }) => at)).toEqual(["PORT", "DATABASE_URL", "TIDEWIRE_TRUST_PROXY"]);
    await wrong.close();
  });
});
