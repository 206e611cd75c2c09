import { describe, expect, it } from "vitest";
import { TidewireError } from "../../src/kernel/errors.ts";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { targetUrls } from "../support/target-urls.ts";

const { rows } = targetUrls;

const strict = createTargetPolicy({ allowed: [], code: "invalid_target" });
const allowing = (...allowed: string[]) => createTargetPolicy({ allowed, code: "invalid_target" });

/** The reason of a refusal; null when the URL is accepted. */
function reasonFor(url: string, policy = strict): string | null {
  try {
    policy.checkUrl(url);
    return null;
  } catch (error) {
    if (!(error instanceof TidewireError)) throw error;
    expect(error.code).toBe("invalid_target");
    expect(error.errors).toHaveLength(1);
    return error.errors[0]?.code ?? "";
  }
}

describe("the recorded target URLs", () => {
  it("has them all", () => expect(rows.length).toBe(102));

  it.each(rows.map((row) => [row.cls, JSON.stringify(row.url).slice(0, 60), row] as const))(
    "%s %s",
    (_cls, _url, row) => {
      expect(reasonFor(row.url)).toBe(row.expect === "accept" ? null : row.reason);
    },
  );
});

describe("checkUrl", () => {
  it("gives the URL normalised: lower case, without the last dot", () => {
    expect(strict.checkUrl("HTTPS://EXAMPLE.COM./Hook?x=1").href).toBe("https://example.com/Hook?x=1");
    expect(allowing("db.corp").checkUrl("http://DB.corp.:81/").href).toBe("http://db.corp:81/");
  });

  it.each([
    ["https://@example.com/", "userinfo"],
    ["https://example.com/#", "fragment"],
    ["https://example.com/\u00a0", "control-char-or-backslash"],
    ["https://example.com/\u2028", "control-char-or-backslash"],
    ["https://metadata.example.com/", "local-suffix"],
    ["https://nas.home.arpa/", "local-suffix"],
    ["https://home.arpa/", "local-suffix"], // was let through
    ["https://myhome.arpa/", null],
    ["https://a..localhost/", "local-suffix"],
    ["https://-a.example.com/", "hostname"],
    ["https://a!b.example.com/", "hostname"],
    [`https://${"a".repeat(64)}.example.com/`, "hostname"],
    ["https://169.254.170.2/", "ip-not-public"],
    ["https://100.100.100.200/", "ip-not-public"],
    ["https://[64:ff9b::101:101]/", null],
    ["https://[64:ff9b:1::101:101]/", "ip-not-public"],
    ["https://[2001:0:101:101::fefe:fefe]/", null],
    ["https://[2001:0:a00:1::fefe:fefe]/", "ip-not-public"],
    ["https://[4000::1]/", "ip-not-public"],
    ["https://[2620:4f:8000::1]/", "ip-not-public"],
  ])("judges %s as %s", (url, reason) => expect(reasonFor(url)).toBe(reason));

  it("names the field, the host and the setting that mends it", () => {
    expect(() => strict.checkUrl("https://10.0.0.1/")).toThrow(
      /10\.0\.0\.1 is not a public address.*TIDEWIRE_ALLOWED_TARGETS/,
    );
    const upstream = createTargetPolicy({ allowed: [], code: "invalid_upstream" });
    expect(() => upstream.checkUrl("http://api.example.com/")).toThrow(
      expect.objectContaining({
        code: "invalid_upstream",
        errors: [expect.objectContaining({ at: "params.baseUrl" })],
      }),
    );
    expect(() => upstream.checkUrl("http://api.example.com/")).toThrow(/TIDEWIRE_ALLOWED_UPSTREAMS/);
  });

  it("never repeats what may be a password", () => {
    expect(() => strict.checkUrl("https://user:hunter2@example.com/")).not.toThrow(/hunter2/);
  });
});

describe("what the operator allows", () => {
  const policy = allowing(
    "localhost",
    "Hooks.Corp",
    "10.1.0.0/16",
    "192.168.1.9",
    "::1",
    "fd12::/16",
    "::ffff:172.16.0.0/108",
  );

  it.each([
    "http://localhost:3000/hook",
    "http://LOCALHOST:3000/hook",
    "https://hooks.corp./x",
    "http://10.1.2.3:8080/",
    "http://192.168.1.9/",
    "http://[::1]:9000/",
    "https://[fd12::7]/",
    "http://[::ffff:10.1.2.3]/",
    "http://172.31.0.1/",
    "http://[::ffff:172.16.0.1]/",
    "https://example.com/",
  ])("lets %s through", (url) => expect(reasonFor(url, policy)).toBeNull());

  it.each([
    ["http://example.com/", "scheme"],
    ["http://10.2.0.1/", "ip-not-public"],
    ["http://172.32.0.1/", "scheme"],
    ["http://192.168.1.10/", "ip-not-public"],
    ["http://a.localhost/", "local-suffix"],
    ["http://user@localhost/", "userinfo"],
    ["ftp://localhost/", "scheme"],
    ["http://localhost:0/", "port"],
  ])("still refuses %s (%s)", (url, reason) => expect(reasonFor(url, policy)).toBe(reason));

  it.each([
    "http://169.254.169.254/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[fd00:ec2::254]/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://metadata.google.internal/",
    "http://metadata.google.internal./",
  ])("never lets %s through", (url) => {
    const everything = allowing("0.0.0.0/0", "::/0", "metadata.google.internal");
    expect(reasonFor(url, everything)).toMatch(/^(ip-not-public|local-suffix)$/);
  });

  it.each(["http://localhost", "localhost:3000", "10.0.0.0/99", "a b", "", "user@host", "127.1", "*", "*.corp"])(
    "refuses %j as an entry, naming the setting",
    (entry) => {
      expect(() => allowing("localhost", entry)).toThrow(expect.objectContaining({ code: "config_invalid" }));
      expect(() => allowing(entry)).toThrow(/TIDEWIRE_ALLOWED_TARGETS/);
    },
  );
});

describe("refusal of an address", () => {
  it.each(["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])(
    "connects to %s",
    (address) => {
      expect(strict.refusal(address, "example.com")).toBeNull();
    },
  );

  it.each(["127.0.0.1", "::1", "::ffff:10.0.0.5", "0.0.0.0", "fe80::1%eth0", "169.254.169.254", "", "example.com"])(
    "does not connect to %j",
    (address) => expect(strict.refusal(address, "example.com")).toContain('"example.com"'),
  );

  it("connects a host allowed by name to any address but the metadata service", () => {
    const policy = allowing("db.corp");
    expect(policy.refusal("10.0.0.5", "db.corp")).toBeNull();
    expect(policy.refusal("10.0.0.5", "example.com")).not.toBeNull();
    expect(policy.refusal("169.254.169.254", "db.corp")).not.toBeNull();
    expect(policy.refusal("::ffff:169.254.169.254", "db.corp")).not.toBeNull();
  });

  it("connects any host to an address that is allowed", () => {
    expect(allowing("10.0.0.0/8").refusal("10.0.0.5", "example.com")).toBeNull();
  });
});
