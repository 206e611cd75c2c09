import type { Socket } from "node:net";
import { createServer as createTlsServer, rootCertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { answerWith, fixture } from "../../net/peer.ts";
import { NameServer } from "../../support/name-server.ts";
import { type Behaviour, DEADLINE_MS, drip, flood, KEPT, Stage } from "./stage.ts";

/** Short, and by the system's clock: undici's own timer ends a connection that does not come about. */
const CONNECT_MS = 200;

let names: NameServer;
beforeEach(async () => {
  names = await NameServer.start();
  for (const name of ["hooks.example", "other.example"]) names.name(name, ["127.0.0.1"]);
});
afterEach(async () => {
  setDefaultCACertificates([...rootCertificates]);
  vi.unstubAllEnvs();
  await names.close();
});

const stageWithNames = (options = {}) => Stage.start({ lookup: names.lookup, ...options });
const trustAll = () => setDefaultCACertificates([fixture("valid"), fixture("expired")]);
const thanks: Behaviour = (socket) => socket.write(answerWith("thanks"));

describe("a certificate", () => {
  test.each([
    ["that nobody vouches for (self-signed)", "valid", "hooks.example", false, /self-signed/],
    ["that is expired, though its maker is known", "expired", "hooks.example", true, /expired/],
    ["for another host, though its maker is known", "valid", "other.example", true, /hooks\.example/],
  ] as const)("%s is refused before anything is sent", async (_name, certificate, host, isTrusted, why) => {
    if (isTrusted) trustAll();
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const stage = stageWithNames();
    const received: string[] = [];
    const receiver = await stage.receiver((socket, piece) => {
      received.push(piece);
      thanks(socket, piece);
    }, certificate);
    const outcome = await stage.try(`https://${host}:${receiver.port}/`).outcome;
    expect(outcome).toMatchObject({ class: "tls", status: null, responseBody: null });
    expect(outcome.error).toMatch(why);
    await stage.healthyIsServed();
    await stage.nothingIsLeft();
    expect(received).toEqual([]);
  });

  test("that is in order is taken", async () => {
    trustAll();
    const stage = stageWithNames();
    const receiver = await stage.receiver(thanks, "valid");
    expect(await stage.try(`https://hooks.example:${receiver.port}/`).outcome).toMatchObject({
      class: "ok",
      responseBody: "thanks",
    });
    await stage.hangUp();
    await stage.nothingIsLeft();
  });
});

/** The head of a handshake record that promises 16 KiB. */
const HALF_A_HELLO = Buffer.from([0x16, 0x03, 0x03, 0x40, 0x00, 0x02, 0x00, 0x3f, 0xfc, 0x03]);
/** Records that change nothing, which a peer may send within a handshake. */
const NOTHING_RECORDS = Buffer.alloc(6 * 1_000, Buffer.from([0x14, 0x03, 0x03, 0x00, 0x01, 0x01]));

/** Those who speak TCP where TLS is expected. */
const NO_TLS: [name: string, behaviour: Behaviour][] = [
  ["says nothing", () => {}],
  ["stops within its first record", (socket) => void socket.write(HALF_A_HELLO)],
  ["sends empty records without end", flood(NOTHING_RECORDS)],
  ["speaks plain HTTP", (socket) => void socket.end(answerWith("plain"))],
  ["sends noise", flood(Buffer.alloc(65_536, 0xa5))],
  ["sends an alert", (socket) => void socket.end(Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]))],
  ["resets", (socket) => socket.resetAndDestroy()],
  ["hangs up", (socket) => void socket.end()],
];

describe("a receiver that, asked for TLS,", () => {
  test.each(NO_TLS)("%s fails as tls within the time for connecting", async (_name, behaviour) => {
    const stage = stageWithNames({ connectTimeoutMs: CONNECT_MS });
    const receiver = await stage.receiver(behaviour);
    const { outcome } = stage.try(`https://hooks.example:${receiver.port}/`);
    await stage.healthyIsServed();
    expect(await outcome).toMatchObject({ class: "tls", status: null, responseBody: null });
    await stage.nothingIsLeft();
    expect(receiver.connections).toBe(1);
  });

  test("stalls is ended by a deadline that comes first, and let go of once the time for connecting is over", async () => {
    const stage = stageWithNames({ connectTimeoutMs: CONNECT_MS });
    const receiver = await stage.receiver((socket) => void socket.write(HALF_A_HELLO));
    const { outcome } = stage.try(`https://hooks.example:${receiver.port}/`, "{}", 1_000);
    await receiver.requested;
    await stage.clock.advance(1_000);
    expect(await outcome).toMatchObject({ class: "timeout", durationMs: 1_000 });
    await stage.nothingIsLeft();
  });

  test("knows no version later than 1.1 is refused", async () => {
    trustAll();
    const stage = stageWithNames();
    const server = createTlsServer({
      key: fixture("key"),
      cert: fixture("valid"),
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    }).on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    expect(await stage.try(`https://hooks.example:${port}/`).outcome).toMatchObject({ class: "tls" });
    await new Promise((resolve) => server.close(resolve));
    await stage.nothingIsLeft();
  });
});

describe("over TLS, a receiver that", () => {
  const tryAt = async (behaviour: (stage: Stage) => Behaviour) => {
    trustAll();
    const stage = stageWithNames();
    const receiver = await stage.receiver(behaviour(stage), "valid");
    return { stage, receiver, ...stage.try(`https://hooks.example:${receiver.port}/`) };
  };

  test("never answers is ended by the deadline", async () => {
    const { stage, receiver, outcome } = await tryAt(() => () => {});
    await receiver.requested;
    await stage.healthyIsServed();
    await stage.clock.advance(DEADLINE_MS);
    expect(await outcome).toMatchObject({ class: "timeout", durationMs: DEADLINE_MS });
    await stage.nothingIsLeft();
    expect(receiver.connections).toBe(1);
  });

  test("answers 200 and then a byte every 100 ms for ever is ended by the deadline", async () => {
    const { stage, receiver, outcome, headed } = await tryAt(({ clock }) =>
      drip(clock, 100, "x", "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"),
    );
    await headed;
    await stage.clock.advance(DEADLINE_MS);
    expect(await outcome).toMatchObject({ class: "ok", responseBody: expect.stringMatching(/^x{100,150}$/) as string });
    await stage.nothingIsLeft();
    expect(receiver.connections).toBe(1);
  });

  test("sends a body of 10 GB is read for 16 KiB", async () => {
    const start = `HTTP/1.1 200 OK\r\ncontent-length: ${10 * 1024 ** 3}\r\n\r\n`;
    const { stage, receiver, outcome } = await tryAt(() => flood(Buffer.alloc(65_536, "x"), start));
    expect(await outcome).toMatchObject({ class: "ok", responseBody: "x".repeat(KEPT) });
    await stage.nothingIsLeft();
    expect(receiver.connections).toBe(1);
  });

  test("breaks off within the answer is taken at its status", async () => {
    let broken: () => void = () => {};
    const { stage, outcome, headed } = await tryAt(() => (socket: Socket) => {
      socket.write("HTTP/1.1 500 Oh\r\ncontent-length: 100\r\n\r\nhalf");
      broken = () => socket.destroy();
    });
    await headed;
    broken();
    expect(await outcome).toMatchObject({ class: "http_5xx", status: 500, responseBody: "half" });
    await stage.nothingIsLeft();
  });

  test("breaks off before the answer is a reset", async () => {
    const { stage, outcome } = await tryAt(() => (socket) => void socket.destroy());
    expect(await outcome).toMatchObject({ class: "reset", status: null });
    await stage.nothingIsLeft();
  });
});
