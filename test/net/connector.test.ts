import { createServer } from "node:net";
import { rootCertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { guardLookup, type Lookup } from "../../src/net/connector.ts";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { createHttp, type HttpClient } from "../../src/net/http.ts";
import { settle } from "../support/manual-clock.ts";
import { targetUrls } from "../support/target-urls.ts";
import { closeKept, keep } from "./kept.ts";
import { answerWith, failureOf, fixture, get, loopbackClient, never, type Peer, post, startPeer } from "./peer.ts";

afterEach(async () => {
  setDefaultCACertificates([...rootCertificates]);
  vi.unstubAllEnvs();
  await closeKept();
});

const client = (...args: Parameters<typeof loopbackClient>): HttpClient => keep(loopbackClient(...args));
const peer = async (...args: Parameters<typeof startPeer>): Promise<Peer> => keep(await startPeer(...args));

/** A resolver that gives one list of answers after another, the last for ever. */
function answering(...lists: string[][]): Lookup & { asked: number } {
  const lookup = Object.assign(
    async () => {
      const list = lists[Math.min(lookup.asked++, lists.length - 1)] ?? [];
      return list.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    },
    { asked: 0 },
  );
  return lookup;
}

const { dns } = targetUrls;

describe("the recorded answers of a resolver", () => {
  it("has them all", () => expect(dns.length).toBe(7));

  it.each(dns.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
    const policy = createTargetPolicy({ allowed: [], code: "invalid_target" });
    const judged = await new Promise<{ error: unknown; addresses: unknown }>((resolve) => {
      guardLookup(policy, answering(row.answers))("hooks.example", { all: true }, (error, addresses) =>
        resolve({ error, addresses }),
      );
    });
    if (row.expect === "accept") {
      expect(judged.error).toBeNull();
      expect(judged.addresses).toMatchObject(row.answers.map((address) => ({ address })));
      return;
    }
    expect(judged).toMatchObject({ error: { kind: "blocked" }, addresses: [] });
    const { http } = keep(createHttp({ policy, lookup: answering(row.answers) }));
    const failure = await failureOf(http(post("https://hooks.example/"), never));
    expect(failure).toMatchObject({ kind: "blocked", maybeReceived: false });
    expect(failure.message).toContain("hooks.example");
  });
});

describe("who is connected to", () => {
  it("is nobody that the URL's own text forbids", async () => {
    const server = await peer((socket) => socket.write(answerWith("ok")));
    const { http } = keep(createHttp({ policy: createTargetPolicy({ allowed: [], code: "invalid_target" }) }));
    for (const url of [
      server.url,
      `https://127.0.0.1:${server.port}/`,
      `https://[::ffff:7f00:1]:${server.port}/`,
      "https://localhost/",
    ]) {
      expect(await failureOf(http(get(url), never))).toMatchObject({ kind: "blocked", maybeReceived: false });
    }
    expect(server.connections).toBe(0);
  });

  it("is judged again for an address in the URL when the connection is made", async () => {
    const server = await peer((socket) => socket.write(answerWith("ok")));
    const strict = createTargetPolicy({ allowed: [], code: "invalid_target" });
    const { http } = keep(createHttp({ policy: { ...strict, checkUrl: (raw) => new URL(raw) } }));
    expect(await failureOf(http(get(server.url), never))).toMatchObject({ kind: "blocked", maybeReceived: false });
    expect(server.connections).toBe(0);
  });

  it("is judged by the far end of the connection as well", async () => {
    const server = await peer((socket) => socket.write(answerWith("ok")));
    const strict = createTargetPolicy({ allowed: ["liar.test"], code: "invalid_target" });
    let judged = 0;
    const policy = { ...strict, refusal: () => (judged++ === 0 ? null : "the far end is another") };
    const { http } = keep(createHttp({ policy, lookup: answering(["127.0.0.1"]) }));
    const failure = await failureOf(http(post(`http://liar.test:${server.port}/`), never));
    expect(failure).toMatchObject({ kind: "blocked", maybeReceived: false });
    expect(failure.message).toContain("the far end is another");
  });

  it("is the address that was vetted: the look-up that is judged is the one that is used", async () => {
    setDefaultCACertificates([fixture("valid")]);
    const server = await peer((socket) => socket.end(answerWith("ok", "connection: close\r\n")), "valid");
    const lookup = answering(["127.0.0.1"], ["10.0.0.5"]);
    const { http } = client({ lookup });
    const url = `https://hooks.example:${server.port}/`;
    expect(await (await http(get(url), never)).body.text(10)).toBe("ok");
    expect(lookup.asked).toBe(1);
    expect(await failureOf(http(get(url), never))).toMatchObject({ kind: "blocked", maybeReceived: false });
    expect([lookup.asked, server.connections]).toEqual([2, 1]);
  });

  it("stays the same on a connection that was kept", async () => {
    const server = await peer((socket) => socket.write(answerWith("ok")));
    const lookup = answering(["127.0.0.1"], ["10.0.0.5"]);
    const { http } = client({ lookup }, "kept.test");
    for (let i = 0; i < 3; i++) {
      expect(await (await http(get(`http://kept.test:${server.port}/`), never)).body.text(10)).toBe("ok");
      await settle();
    }
    expect([lookup.asked, server.connections]).toEqual([1, 1]);
  });

  it("is an allowed name over http, on any port and at a private address", async () => {
    const server = await peer((socket) => socket.write(answerWith("ok")));
    const { http } = keep(
      createHttp({
        policy: createTargetPolicy({ allowed: ["localhost"], code: "invalid_target" }),
        lookup: answering(["127.0.0.1"]),
      }),
    );
    expect(await (await http(get(`http://localhost:${server.port}/`), never)).body.text(10)).toBe("ok");
  });

  it("is never a proxy of the environment", async () => {
    const proxy = await peer((socket) => socket.write(answerWith("from the proxy")));
    for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
      vi.stubEnv(name, proxy.url);
    vi.stubEnv("NODE_USE_ENV_PROXY", "1");
    vi.stubEnv("NO_PROXY", "");
    const server = await peer((socket) => socket.write(answerWith("direct")));
    expect(await (await client().http(get(server.url), never)).body.text(100)).toBe("direct");
    expect(proxy.connections).toBe(0);
  });
});

describe("a connection that fails", () => {
  it("says that a name is unknown", async () => {
    const lookup: Lookup = async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND nowhere.example"), { code: "ENOTFOUND" });
    };
    const failure = await failureOf(client({ lookup }).http(post("https://nowhere.example/"), never));
    expect(failure).toMatchObject({ kind: "dns", maybeReceived: false });
    expect(failure.message).toBe('"nowhere.example" could not be looked up: ENOTFOUND.');
    expect((await failureOf(client({ lookup: answering([]) }).http(get("https://nowhere.example/"), never))).kind).toBe(
      "dns",
    );
  });

  it("says that nobody listens, naming every address that was tried", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const single = await failureOf(client().http(post(`http://127.0.0.1:${port}/`), never));
    expect(single).toMatchObject({ kind: "connect", maybeReceived: false });
    expect(single.message).toContain(`127.0.0.1:${port}`);
    const both = client({ lookup: answering(["127.0.0.1", "127.0.0.2"]) }, "127.0.0.0/8", "many.test");
    const several = await failureOf(both.http(post(`http://many.test:${port}/`), never));
    expect(several.kind).toBe("connect");
    expect(several.message).toMatch(/127\.0\.0\.1.*127\.0\.0\.2/);
  });

  it.each(["valid", "expired"] as const)("refuses a certificate that nobody vouches for (%s)", async (certificate) => {
    const server = await peer((socket) => socket.write(answerWith("ok")), certificate);
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const failure = await failureOf(client().http(post(server.url), never));
    expect(failure).toMatchObject({ kind: "tls", maybeReceived: false });
    expect(failure.message).toContain("127.0.0.1");
  });

  it("refuses a certificate that is expired or for another host, though we know its maker", async () => {
    setDefaultCACertificates([fixture("valid"), fixture("expired")]);
    const expired = await peer((socket) => socket.write(answerWith("ok")), "expired");
    const good = await peer((socket) => socket.write(answerWith("ok")), "valid");
    const { http } = client({ lookup: answering(["127.0.0.1"]) });
    const old = await failureOf(http(post(`https://hooks.example:${expired.port}/`), never));
    expect([old.kind, old.message]).toEqual(["tls", expect.stringMatching(/expired/)]);
    const wrong = await failureOf(http(post(`https://other.example:${good.port}/`), never));
    expect([wrong.kind, wrong.message]).toEqual(["tls", expect.stringMatching(/hooks\.example/)]);
    expect(await (await http(get(`https://hooks.example:${good.port}/`), never)).body.text(10)).toBe("ok");
  });

  it("gives up on TLS that stalls, and on a server that speaks no TLS", async () => {
    const stalled = await peer(() => {});
    const slow = await failureOf(
      client({ connectTimeoutMs: 100 }).http(post(`https://127.0.0.1:${stalled.port}/`), never),
    );
    expect(slow).toMatchObject({ kind: "tls", maybeReceived: false });
    const plain = await peer((socket) => socket.end(answerWith("plain")));
    const unlike = await failureOf(client().http(post(`https://127.0.0.1:${plain.port}/`), never));
    expect(unlike).toMatchObject({ kind: "tls", maybeReceived: false });
    const hangsUp = await peer((socket) => socket.resetAndDestroy());
    expect((await failureOf(client().http(post(`https://127.0.0.1:${hangsUp.port}/`), never))).kind).toBe("tls");
  });

  it("gives up on a look-up that never ends", async () => {
    const { http } = client({ lookup: () => new Promise(() => {}), connectTimeoutMs: 100 });
    const failure = await failureOf(http(post("https://hooks.example/"), never));
    expect(failure).toMatchObject({ kind: "connect", maybeReceived: false });
  });
});
