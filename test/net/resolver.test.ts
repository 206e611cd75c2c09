import { rootCertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { createHttp, type HttpClient } from "../../src/net/http.ts";
import { settle } from "../support/manual-clock.ts";
import { NameServer } from "../support/name-server.ts";
import { targetUrls } from "../support/target-urls.ts";
import { closeKept, keep } from "./kept.ts";
import { answerWith, failureOf, fixture, get, never, type Peer, post, startPeer } from "./peer.ts";

let names: NameServer;

beforeEach(async () => {
  names = keep(await NameServer.start());
});
afterEach(async () => {
  setDefaultCACertificates([...rootCertificates]);
  await closeKept();
});

/** The product's client, with the test's DNS server in the place of the system's resolver. */
function client(...allowed: string[]): HttpClient {
  const policy = createTargetPolicy({ allowed, code: "invalid_target" });
  return keep(createHttp({ policy, lookup: names.lookup }));
}

const ok = () => startPeer((socket) => socket.write(answerWith("public"))).then(keep);
/** A server on the same port of another loopback address: what must never be reached. */
const inner = ({ port }: Peer, host = "127.0.0.2") =>
  startPeer((socket) => socket.write(answerWith("private")), undefined, { host, port }).then(keep);

const { dns } = targetUrls;

describe("what a name server answers", () => {
  it.each(dns.filter((row) => row.expect !== "accept").map((row) => [row.name, row.answers] as const))(
    "is refused when it is a recorded case: %s",
    async (_name, answers) => {
      names.name("hooks.example", answers);
      const failure = await failureOf(client().http(post("https://hooks.example/"), never));
      expect(failure).toMatchObject({ kind: "blocked", maybeReceived: false });
      expect(names.asked.sort()).toEqual(["hooks.example A", "hooks.example AAAA"]);
    },
  );

  it.each([
    ["AAAA that is IPv4 mapped", ["::ffff:127.0.0.1"]],
    ["AAAA by NAT64", ["64:ff9b::7f00:1"]],
    ["AAAA by 6to4", ["2002:7f00:1::1"]],
    ["AAAA by Teredo", ["2001:0:a9fe:a9fe::1"]],
    ["AAAA of a metadata service", ["fd00:ec2::254"]],
    ["a private address among four public ones", ["1.1.1.1", "8.8.8.8", "9.9.9.9", "192.168.0.1", "8.8.4.4"]],
    ["a private AAAA beside a public A", ["1.1.1.1", "fe80::1"]],
  ])("is refused when it is %s", async (_name, answers) => {
    names.name("hooks.example", answers);
    expect((await failureOf(client().http(post("https://hooks.example/"), never))).kind).toBe("blocked");
  });

  it("is followed through aliases to its end, and refused there", async () => {
    const server = await ok();
    names.name("hooks.example", ["cdn.example"]);
    names.name("cdn.example", ["edge.example"]);
    names.name("edge.example", ["127.0.0.1"]);
    const url = `http://hooks.example:${server.port}/`;
    const strict = client();
    const failure = await failureOf(strict.http(post(url.replace("http:", "https:")), never));
    expect([failure.kind, server.connections]).toEqual(["blocked", 0]);
    expect(await (await client("hooks.example").http(get(url), never)).body.text(10)).toBe("public");
    // To allow the name at the end of the chain is not to allow the one that was asked for.
    expect((await failureOf(client("edge.example").http(get(`https://hooks.example/`), never))).kind).toBe("blocked");
  });

  it("is a failure to look up when there is no such name, or none with an address", async () => {
    names.name("empty.example", []);
    const { http } = client();
    expect(await failureOf(http(post("https://unknown.example/"), never))).toMatchObject({
      kind: "dns",
      message: expect.stringContaining("ENOTFOUND") as string,
    });
    expect((await failureOf(http(post("https://empty.example/"), never))).kind).toBe("dns");
  });

  it("is connected to when all of it is allowed: over TLS, by the name that was asked for", async () => {
    setDefaultCACertificates([fixture("valid")]);
    const server = await startPeer((socket) => socket.write(answerWith("secure")), "valid").then(keep);
    names.name("hooks.example", ["127.0.0.1"]);
    const { body } = await client("127.0.0.1").http(get(`https://hooks.example:${server.port}/`), never);
    expect(await body.text(10)).toBe("secure");
  });
});

describe("a name whose servers are silent", () => {
  it("is asked for once by all who wait for it, and holds nobody else up", async () => {
    names.silence("silent.example");
    names.name("hooks.example", ["127.0.0.1"]);
    const server = await ok();
    const { http } = client("hooks.example");
    const gone = new AbortController();
    const waiting = Array.from({ length: 100 }, () => failureOf(http(post("https://silent.example/"), gone.signal)));
    expect(await (await http(get(`http://hooks.example:${server.port}/`), never)).body.text(10)).toBe("public");
    expect(names.asked.filter((asked) => asked.startsWith("silent")).sort()).toEqual([
      "silent.example A",
      "silent.example AAAA",
    ]);
    gone.abort();
    for (const failure of await Promise.all(waiting)) expect(failure).toMatchObject({ kind: "aborted" });
  });
});

describe("a name that is bound to another address between two look-ups", () => {
  it("leads to the address that was judged, and is looked up once for a connection", async () => {
    const server = await ok();
    const secret = await inner(server);
    names.name("rebind.example", ["127.0.0.1"], ["127.0.0.2"]);
    const { body } = await client("127.0.0.1")
      .http(get(`https://rebind.example:${server.port}/`), never)
      .catch(() => ({
        body: null,
      }));
    expect(body).toBeNull(); // no TLS there: what counts is who was connected to
    expect([server.connections, secret.connections]).toEqual([1, 0]);
    expect(names.asked.sort()).toEqual(["rebind.example A", "rebind.example AAAA"]);
  });

  it("is refused from then on, however often it changes", async () => {
    const server = await ok();
    const secret = await inner(server);
    const turns = Array.from({ length: 20 }, (_, n) => [n % 2 === 0 ? "127.0.0.1" : "127.0.0.2"]);
    names.name("rebind.example", ...turns);
    const kinds: string[] = [];
    for (const _ of turns) {
      const { http } = client("127.0.0.1");
      kinds.push((await failureOf(http(get(`https://rebind.example:${server.port}/`), never))).kind);
    }
    expect(kinds).toEqual(turns.map(([address]) => (address === "127.0.0.1" ? "tls" : "blocked")));
    expect([server.connections, secret.connections]).toEqual([10, 0]);
  });

  it("cannot hide the private one among addresses of which the first does not answer", async () => {
    const server = await ok();
    const secret = await inner(server);
    names.name("hooks.example", ["127.0.0.9", "127.0.0.2"]);
    const { http } = client("127.0.0.9");
    expect((await failureOf(http(get(`https://hooks.example:${server.port}/`), never))).kind).toBe("blocked");
    expect(secret.connections).toBe(0);
  });
});

describe("a connection that is kept", () => {
  it("serves its own name at the address that was judged, with no look-up between", async () => {
    const server = await ok();
    const secret = await inner(server);
    names.name("kept.example", ["127.0.0.1"], ["127.0.0.2"]);
    const { http } = client("kept.example");
    for (let n = 0; n < 3; n++) {
      expect(await (await http(get(`http://kept.example:${server.port}/`), never)).body.text(10)).toBe("public");
      await settle();
    }
    expect([server.connections, secret.connections, names.asked.length]).toEqual([1, 0, 2]);
  });

  it("is not used for another name at the same address, which is judged by itself", async () => {
    const server = await ok();
    for (const name of ["mine.example", "other.example", "evil.example"]) names.name(name, ["127.0.0.1"]);
    const { http } = client("mine.example", "other.example");
    for (const name of ["mine.example", "other.example"]) {
      expect(await (await http(get(`http://${name}:${server.port}/`), never)).body.text(10)).toBe("public");
      await settle();
    }
    expect(server.connections).toBe(2);
    expect((await failureOf(http(get(`https://evil.example:${server.port}/`), never))).kind).toBe("blocked");
    expect(server.connections).toBe(2);
  });

  it("is looked up and judged again once it has ended", async () => {
    const server = await startPeer((socket) => socket.end(answerWith("bye", "connection: close\r\n"))).then(keep);
    const secret = await inner(server);
    names.name("kept.example", ["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]);
    const { http } = client("kept.example");
    const url = `http://kept.example:${server.port}/`;
    expect(await (await http(get(url), never)).body.text(10)).toBe("bye");
    await settle();
    expect((await failureOf(http(get(url), never))).kind).toBe("blocked");
    expect(await (await http(get(url), never)).body.text(10)).toBe("bye");
    expect(secret.connections).toBe(0);
  });
});
