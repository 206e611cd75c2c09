import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { LookupAddress } from "node:dns";
import { Resolver } from "node:dns/promises";
import type { AddressInfo } from "node:net";
import { type Answer, decode, encode, type Question } from "dns-packet";
import type { Lookup } from "../../src/net/connector.ts";

/** What a name has: IPv4 and IPv6 addresses, and other names that it stands for (CNAME). */
type Records = readonly string[];

/** A real DNS server on loopback. A name gives one list of records after another, the last for ever; nothing may be kept (TTL 0). */
export class NameServer {
  /** Each question that came, as `hooks.example A`. */
  readonly asked: string[] = [];
  readonly #socket: Socket;
  readonly #names = new Map<string, Records[]>();
  readonly #silent = new Set<string>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (message, from) => this.#reply(message, from));
  }

  static async start(): Promise<NameServer> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new NameServer(socket);
  }

  /** Says what a name has, look-up by look-up. */
  name(name: string, ...lists: Records[]): void {
    this.#names.set(name, lists);
  }

  /** Questions for this name are never answered. */
  silence(name: string): void {
    this.#silent.add(name);
  }

  /** Asks this server as the system's resolver asks its own: for both kinds of address. */
  get lookup(): Lookup {
    const resolver = new Resolver({ timeout: 30_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${(this.#socket.address() as AddressInfo).port}`]);
    return async (hostname) => {
      const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      const found = answers.flatMap((answer, index): LookupAddress[] =>
        answer.status === "rejected" ? [] : answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })),
      );
      const failed = answers.find((answer) => answer.status === "rejected");
      if (found.length === 0 && failed) throw failed.reason;
      return found;
    };
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(resolve));
  }

  #reply(message: Buffer, from: RemoteInfo): void {
    const { id, questions = [] } = decode(message);
    const [question] = questions;
    if (question === undefined) return;
    const nth = this.asked.filter((one) => one === keyOf(question)).length;
    this.asked.push(keyOf(question));
    if (this.#silent.has(question.name)) return;
    const isKnown = this.#names.has(question.name);
    const flags = isKnown ? 0 : 3; // NXDOMAIN
    const answers = this.#answers(question.name, question.type, nth);
    this.#socket.send(encode({ type: "response", id: id ?? 0, flags, questions, answers }), from.port, from.address);
  }

  /** As a recursive resolver answers: an alias, and what it leads to. */
  #answers(name: string, type: Question["type"], nth: number): Answer[] {
    const lists = this.#names.get(name) ?? [[]];
    const list = lists[Math.min(nth, lists.length - 1)] ?? [];
    return list.flatMap((data): Answer[] => {
      if (/[g-z]/.test(data)) return [{ type: "CNAME", name, data, ttl: 0 }, ...this.#answers(data, type, nth)];
      if (type === "AAAA" && data.includes(":")) return [{ type, name, data, ttl: 0 }];
      if (type === "A" && !data.includes(":")) return [{ type, name, data, ttl: 0 }];
      return [];
    });
  }
}

function keyOf({ name, type }: Question): string {
  return `${name} ${type}`;
}
