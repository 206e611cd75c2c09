import { createServer as createHttpServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { rootCertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { createHttp, type HttpClient } from "../../src/net/http.ts";
import { settle } from "../support/manual-clock.ts";
import { NameServer } from "../support/name-server.ts";
import { closeKept, keep } from "./kept.ts";
import { answerWith, failureOf, fixture, get, never, type Peer, post, startPeer } from "./peer.ts";

let names: NameServer;

beforeEach(async () => {
  setDefaultCACertificates([fixture("valid")]);
  names = keep(await NameServer.start());
});
afterEach(async () => {
  setDefaultCACertificates([...rootCertificates]);
  await closeKept();
});

interface Proxy {
  url: URL;
  /** What tunnels were asked for, as `address:port`. */
  asked: string[];
  headers: IncomingHttpHeaders[];
  /** Resets every tunnel there is. */
  breakOff(): void;
  close(): Promise<void>;
}

/** A real forwarding proxy. It leads every address that `routes` names to a port of this machine, and refuses the others. */
async function startProxy(routes: Record<string, number>, server: Server = createHttpServer()): Promise<Proxy> {
  const asked: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const sockets = new Set<Socket>();
  server.on("connect", (request, socket: Socket) => {
    asked.push(request.url ?? "");
    headers.push(request.headers);
    sockets.add(socket.on("error", () => {}));
    const port = routes[request.url ?? ""];
    if (port === undefined) return void socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    sockets.add(onward.on("error", () => {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const breakOff = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return keep({ url, asked, headers, breakOff, close });
}

function client(proxy: URL, ...allowed: string[]): HttpClient {
  const policy = createTargetPolicy({ allowed, code: "invalid_target" });
  return keep(createHttp({ policy, lookup: names.lookup, proxy, connectTimeoutMs: 300 }));
}

const receiver = (): Promise<Peer> =>
  startPeer((socket) => socket.write(answerWith("by the proxy")), "valid").then(keep);

describe("the outbound proxy", () => {
  it("is given the address that was judged, never the name, and TLS is with the receiver itself", async () => {
    const { port } = await receiver();
    const proxy = await startProxy({ "93.184.215.14:8443": port });
    names.name("hooks.example", ["93.184.215.14"]);
    const { http } = client(proxy.url);
    for (let n = 0; n < 2; n++) {
      const { body } = await http(post("https://hooks.example:8443/"), never);
      expect(await body.text(100)).toBe("by the proxy");
      await settle();
    }
    expect(proxy.asked).toEqual(["93.184.215.14:8443"]);
    expect(names.asked).toHaveLength(2);
  });

  it("is asked for 443 unless the URL says otherwise, and for IPv6 in brackets", async () => {
    const { port } = await receiver();
    const proxy = await startProxy({ "[2606:4700::1]:443": port });
    names.name("hooks.example", ["2606:4700::1"]);
    expect(await (await client(proxy.url).http(get("https://hooks.example/"), never)).body.text(100)).toBe(
      "by the proxy",
    );
  });

  it("never gets to choose: a private answer is refused before it is asked, at each look-up", async () => {
    const { port } = await receiver();
    const proxy = await startProxy({ "93.184.215.14:443": port });
    names.name("hooks.example", ["93.184.215.14"], ["10.0.0.5"]);
    names.name("mixed.example", ["93.184.215.14", "169.254.169.254"]);
    expect((await client(proxy.url).http(get("https://hooks.example/"), never)).status).toBe(200);
    for (const name of ["hooks", "mixed"]) {
      const failure = await failureOf(client(proxy.url).http(get(`https://${name}.example/`), never));
      expect(failure).toMatchObject({ kind: "blocked", maybeReceived: false });
    }
    expect((await failureOf(client(proxy.url).http(get("https://10.0.0.5/"), never))).kind).toBe("blocked");
    expect(proxy.asked).toEqual(["93.184.215.14:443"]);
  });

  it("does not see what an operator allowed within the own network", async () => {
    const proxy = await startProxy({});
    const server = await startPeer((socket) => socket.write(answerWith("direct"))).then(keep);
    names.name("db.corp", ["127.0.0.1"]);
    const { http } = client(proxy.url, "127.0.0.1", "db.corp");
    for (const host of ["127.0.0.1", "db.corp"]) {
      expect(await (await http(get(`http://${host}:${server.port}/`), never)).body.text(100)).toBe("direct");
    }
    expect(proxy.asked).toEqual([]);
  });

  it("carries plain http for a public name that may be called so", async () => {
    const server = await startPeer((socket) => socket.write(answerWith("plain"))).then(keep);
    const proxy = await startProxy({ "93.184.215.14:80": server.port });
    names.name("old.example", ["93.184.215.14"]);
    expect(await (await client(proxy.url, "old.example").http(get("http://old.example/"), never)).body.text(100)).toBe(
      "plain",
    );
  });

  it("may want a login, and may itself speak TLS", async () => {
    const { port } = await receiver();
    const secure = createHttpsServer({ key: fixture("key"), cert: fixture("valid") });
    const proxy = await startProxy({ "1.1.1.1:443": port }, secure);
    names.name("hooks.example", ["1.1.1.1"]);
    const url = new URL(`https://robot:p%40ss@127.0.0.1:${proxy.url.port}`);
    expect((await client(url).http(get("https://hooks.example/"), never)).status).toBe(200);
    expect(proxy.headers[0]).toMatchObject({
      host: "1.1.1.1:443",
      "proxy-authorization": `Basic ${Buffer.from("robot:p@ss").toString("base64")}`,
    });
  });

  it("is tried with each address of a name, and its refusals are told without its password", async () => {
    const { port } = await receiver();
    const proxy = await startProxy({ "1.0.0.1:443": port });
    const url = new URL(`http://robot:hunter2@127.0.0.1:${proxy.url.port}`);
    names.name("hooks.example", ["1.1.1.1", "1.0.0.1"]);
    expect((await client(url).http(get("https://hooks.example/"), never)).status).toBe(200);
    names.name("closed.example", ["9.9.9.9"]);
    const failure = await failureOf(client(url).http(post("https://closed.example/"), never));
    expect(failure).toMatchObject({ kind: "connect", maybeReceived: false });
    expect(failure.message).toBe(`The proxy ${proxy.url.host} gave no connection: it answered 502 for 9.9.9.9:443.`);
  });

  it("that is silent or gone is a failure to connect", async () => {
    const silent = await startPeer(() => {}).then(keep);
    names.name("hooks.example", ["1.1.1.1"]);
    const slow = await failureOf(client(new URL(silent.url)).http(post("https://hooks.example/"), never));
    expect(slow).toMatchObject({ kind: "connect", maybeReceived: false });
    await silent.left;
    await silent.close();
    const gone = await failureOf(client(new URL(silent.url)).http(post("https://hooks.example/"), never));
    expect(gone.kind).toBe("connect");
  });

  it("does not vouch for anybody: a wrong certificate behind it is refused, and a reset is a reset", async () => {
    const server = await receiver();
    const breaking = await startPeer(() => proxy.breakOff(), "valid").then(keep);
    const proxy = await startProxy({ "1.1.1.1:443": server.port, "1.0.0.1:443": breaking.port });
    names.name("other.example", ["1.1.1.1"]);
    names.name("hooks.example", ["1.0.0.1"]);
    const { http } = client(proxy.url);
    expect(await failureOf(http(post("https://other.example/"), never))).toMatchObject({
      kind: "tls",
      maybeReceived: false,
    });
    expect(await failureOf(http(post("https://hooks.example/"), never))).toMatchObject({
      kind: "reset",
      maybeReceived: true,
    });
  });
});
