import { createServer, type Socket } from "node:net";

const EMPTY = Buffer.alloc(0);
const HEAD_END = "\r\n\r\n";

/**
 * Cuts HTTP/1.1 messages out of a connection's bytes, as cheaply as can be: what stands on the other side of a measured
 * process shares the machine with it. Throws for a message whose length is not given, except for one that has no body.
 */
export function messages(onMessage: (head: string, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = EMPTY;
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(HEAD_END); end >= 0; end = bytes.indexOf(HEAD_END)) {
      const head = bytes.toString("latin1", 0, end);
      const from = end + HEAD_END.length;
      const to = from + bodyLength(head);
      if (bytes.length < to) break;
      onMessage(head, bytes.subarray(from, to));
      bytes = bytes.subarray(to);
    }
    rest = bytes;
  };
}

function bodyLength(head: string): number {
  const given = headerOf(head, "content-length");
  if (given !== null) return Number(given);
  if (headerOf(head, "transfer-encoding") === null) return 0;
  throw new Error(`The bench reads messages of a given length only:\n${head}`);
}

const patterns = new Map<string, RegExp>();

/** The value of a header in a message's head; null when it is not there. */
export function headerOf(head: string, name: string): string | null {
  const pattern = patterns.get(name) ?? new RegExp(`\r\n${name}: *([^\r]*)`, "i");
  patterns.set(name, pattern);
  return pattern.exec(head)?.[1] ?? null;
}

/** An answer as bytes, with the headers that a provider would send. */
export function answerBytes(status: string, headers: Record<string, string>, body: string): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = status.startsWith("204") ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join("")}${length}\r\n${body}`);
}

/** Listens on a free port of this machine and answers each request with what `answer` gives. */
export function serveBytes(answer: (head: string, body: Buffer) => Buffer): Promise<{ url: string }> {
  const server = createServer((socket: Socket) => {
    socket.setNoDelay(true);
    socket.on(
      "data",
      messages((head, body) => void socket.write(answer(head, body))),
    );
    socket.on("error", () => socket.destroy()); // who is measured may leave without a word
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("it listens on no port");
      resolve({ url: `http://127.0.0.1:${address.port}` });
    });
  });
}
