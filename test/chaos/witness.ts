import type { ServerResponse } from "node:http";
import { type Seen, Upstream } from "../support/upstream.ts";
import { changeOf, type ToldChange } from "./changing-api.ts";

/** One webhook as it came. */
export interface Post {
  /** The subscriber: the path that was called. */
  to: string;
  /** `webhook-id`. */
  id: string;
  /** `tidewire-attempt`. */
  attempt: number;
  /** Which life of the server sent it: 1 before the first kill. */
  life: number;
  /** What it told, as `changeOf` names it. */
  change: string;
  /** What it was answered; null while it is not. */
  answered: number | null;
}

/** How one subscriber answers: with which status, after how many ms, what else. */
export type Manner = () => { status: number; afterMs?: number; headers?: Record<string, string>; body?: string };

/** All subscribers of a test, in the test's own process: it outlives the kills and writes down every post. */
export class Witness {
  readonly posts: Post[] = [];
  #life = 1;
  /** Hears of each post that was answered well. */
  onTaken: (post: Post) => void = () => {};
  readonly #server: Upstream;
  readonly #manners: Readonly<Record<string, Manner>>;

  private constructor(server: Upstream, manners: Readonly<Record<string, Manner>>) {
    this.#server = server;
    this.#manners = manners;
  }

  /** `manners` are by path; a path without one answers 204 at once. */
  static async start(manners: Readonly<Record<string, Manner>> = {}): Promise<Witness> {
    const server = await Upstream.start();
    const witness = new Witness(server, manners);
    server.script((response, seen) => witness.#take(response, seen));
    return witness;
  }

  url(path: string): string {
    return this.#server.url + path;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** Counts posts to the next life from now on. What a dead server had sent is read first: under load it lies in the sockets yet. */
  async nextLife(): Promise<void> {
    await this.#server.allClosed();
    this.#life++;
  }

  #take(response: ServerResponse, { url: to, headers, body }: Seen): void {
    const post: Post = {
      to,
      id: headers["webhook-id"] ?? "",
      attempt: Number(headers["tidewire-attempt"]),
      life: this.#life,
      change: changeOf(JSON.parse(body.toString("utf8")) as ToldChange),
      answered: null,
    };
    this.posts.push(post);
    const { status, afterMs = 0, headers: extra = {}, body: said } = this.#manners[to]?.() ?? { status: 204 };
    const answer = () => {
      post.answered = status;
      response.writeHead(status, extra).end(said);
      if (status < 300) this.onTaken(post);
    };
    if (afterMs === 0) answer();
    else setTimeout(answer, afterMs);
  }
}
