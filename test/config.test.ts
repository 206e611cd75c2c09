import { describe, expect, it } from "vitest";
import { describeConfig, readConfig } from "../src/config.ts";

describe("readConfig", () => {
  it("fills every default", () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      HOST: "127.0.0.1",
      PORT: 8787,
      DATABASE_URL: "file:./data/tidewire.db",
      TIDEWIRE_SANDBOX: "auto",
    });
    expect(config.TIDEWIRE_RETRY_SCHEDULE.slice(0, 3)).toEqual([0, 5_000, 300_000]);
    expect(config.TIDEWIRE_RETRY_SCHEDULE).toHaveLength(10);
  });

  it("names every mistake at once, with the mend", () => {
    const bad = {
      PORT: "http",
      TIDEWIRE_ROOT_KEY: "tw_short",
      TIDEWIRE_VAULT_KEY: "abc",
      TIDEWIRE_RETRY_SCHEDULE: "0s,5",
      LOG_LEVEL: "loud",
    };
    try {
      readConfig(bad);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "config_invalid" });
      expect((error as { errors: { at: string }[] }).errors.map((e) => e.at)).toEqual([
        "PORT",
        "TIDEWIRE_ROOT_KEY",
        "TIDEWIRE_VAULT_KEY",
        "TIDEWIRE_RETRY_SCHEDULE",
        "LOG_LEVEL",
      ]);
      expect(String(error)).not.toContain("tw_short");
    }
  });

  it("names every wrong entry of every list of who may be called, beside the other mistakes", () => {
    const bad = {
      PORT: "abc",
      TIDEWIRE_ALLOWED_TARGETS: "localhost,http://x,10.0.0.0/99",
      TIDEWIRE_ALLOWED_UPSTREAMS: "y:80",
    };
    const mistakes = [
      { at: "PORT", message: expect.stringContaining('"abc"') },
      { at: "TIDEWIRE_ALLOWED_TARGETS", message: expect.stringContaining('"http://x"') },
      { at: "TIDEWIRE_ALLOWED_TARGETS", message: expect.stringContaining('"10.0.0.0/99"') },
      { at: "TIDEWIRE_ALLOWED_UPSTREAMS", message: expect.stringContaining('"y:80"') },
    ];
    expect(() => readConfig(bad)).toThrow(expect.objectContaining({ code: "config_invalid", errors: mistakes }));
  });

  it.each([
    ["TIDEWIRE_RETRY_SCHEDULE", ","],
    ["TIDEWIRE_RETENTION", "0d"],
    ["TIDEWIRE_VAULT_KEY", `!!!!${Buffer.alloc(32, 1).toString("base64")}`],
    ["TIDEWIRE_VAULT_KEY", Buffer.alloc(31, 1).toString("base64")],
  ])("refuses %s=%s", (name, value) => {
    const mistake = { at: name, message: expect.any(String) };
    expect(() => readConfig({ [name]: value })).toThrow(expect.objectContaining({ errors: [mistake] }));
  });

  it.each(["base64", "base64url"] as const)("takes a vault key in %s", (encoding) => {
    const key = Buffer.alloc(32, 255).toString(encoding);
    expect(readConfig({ TIDEWIRE_VAULT_KEY: key }).TIDEWIRE_VAULT_KEY?.reveal()).toBe(key);
  });

  it("refuses Postgres honestly instead of falling back", () => {
    expect(() => readConfig({ DATABASE_URL: "postgres://localhost/x" })).toThrowError(/not supported by this version/);
  });

  it.each(["proxy:3128", "socks5://proxy:1080", "http://robot:hunter2@proxy/path", "http://"])(
    "refuses %s as a proxy, and does not repeat it",
    (proxy) => {
      const read = () => readConfig({ TIDEWIRE_OUTBOUND_PROXY: proxy });
      expect(read).toThrow(/TIDEWIRE_OUTBOUND_PROXY: write http:/);
      expect(read).not.toThrow(/hunter2/);
    },
  );

  it("prints no secret", () => {
    const proxy = "http://robot:hunter2@proxy.example.com:3128";
    const config = readConfig({
      TIDEWIRE_ROOT_KEY: `tw_${"k".repeat(32)}`,
      TIDEWIRE_KEY: "tw_x",
      TIDEWIRE_OUTBOUND_PROXY: proxy,
    });
    const text = JSON.stringify(describeConfig(config));
    expect(text).not.toContain("hunter2");
    expect(text).toContain('"http://proxy.example.com:3128"');
    expect(text).not.toContain("kkk");
    expect(text).not.toContain("tw_x");
    expect(text).toContain("[secret]");
  });
});
