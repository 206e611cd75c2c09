import { connect, type Socket } from "node:net";
import { messages } from "./wire.ts";
import { must } from "./workload.ts";

export interface LoadOptions {
  url: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** Requests under way at once, each on its own connection. */
  atOnce: number;
  ms: number;
  /** Judges the first answer; every other must have the same body. Throws when it is wrong. */
  check(body: string): void;
  /** Told of each answer how long it took, in ms. */
  onAnswer?(ms: number): void;
}

/** How much was done, in how many ms. */
export interface Load {
  operations: number;
  ms: number;
}

/** Sends the same POST again and again and looks at every answer. */
export async function load(options: LoadOptions): Promise<Load> {
  const { url, atOnce, ms, onAnswer } = options;
  const { hostname, port } = new URL(url);
  const request = requestBytes(options);
  const expected = expectation(options.check);
  const sockets = await Promise.all(Array.from({ length: atOnce }, () => open(hostname, Number(port))));
  const startedAt = performance.now();
  const endsAt = startedAt + ms;
  const counts = await Promise.all(sockets.map((socket) => repeat(socket, request, endsAt, expected, onAnswer)));
  const operations = counts.reduce((sum, count) => sum + count, 0);
  return { operations, ms: performance.now() - startedAt };
}

/** One connection: the next request goes out when the answer to the last one is there. */
function repeat(
  socket: Socket,
  request: Buffer,
  endsAt: number,
  expect: Expect,
  onAnswer: LoadOptions["onAnswer"],
): Promise<number> {
  return new Promise((resolve, reject) => {
    let operations = 0;
    let sentAt = 0;
    const send = () => {
      sentAt = performance.now();
      socket.write(request);
    };
    const onMessage = (head: string, body: Buffer) => {
      onAnswer?.(performance.now() - sentAt);
      expect(head, body);
      operations++;
      if (performance.now() < endsAt) return send();
      socket.destroy();
      resolve(operations);
    };
    const read = messages(onMessage);
    socket.on("data", (chunk) => {
      try {
        read(chunk);
      } catch (error) {
        socket.destroy();
        reject(error);
      }
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The server closed the connection.")));
    send();
  });
}

type Expect = (head: string, body: Buffer) => void;

function expectation(check: LoadOptions["check"]): Expect {
  let expected: Buffer | null = null;
  return (head, body) => {
    must(head.startsWith("HTTP/1.1 200 "), `an answer was ${head.split("\r\n")[0]}: ${body.toString("utf8")}`);
    if (expected === null) {
      check(body.toString("utf8"));
      expected = Buffer.from(body);
    }
    must(body.equals(expected), `an answer was another than the first: ${body.toString("utf8")}`);
  };
}

function requestBytes({ url, path, headers, body }: LoadOptions): Buffer {
  const lines = Object.entries({ ...headers, host: new URL(url).host, "content-length": Buffer.byteLength(body) });
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}
