import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import type { Json } from "../../src/kernel/json.ts";

/** A real OAuth 2 server (oidc-provider) on loopback, with an API of things beside it that takes its tokens. */
export class OAuthServer {
  /** Bodies of the requests that the token endpoint got. */
  readonly tokenRequests: URLSearchParams[] = [];
  /** Tokens that the API was called with, in order. */
  readonly presented: string[] = [];
  /** Tokens that the API refuses, however good they are. */
  readonly refused = new Set<string>();
  /** Answers the token endpoint in the provider's place when it is set. */
  tokenFault: { status: number; body: Json } | null = null;
  things = [{ id: "t1", name: "one" }];
  readonly #server: Server;
  #provider!: Provider;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `redirectUri` is where its one web client may send people back to. */
  static async start(redirectUri: string): Promise<OAuthServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const oauth = new OAuthServer(server);
    oauth.#provider = providerAt(oauth.url, redirectUri);
    oauth.#provider.use(async (context, next) => {
      await next();
      const { body } = context.oidc ?? {};
      if (context.path === "/token") oauth.tokenRequests.push(new URLSearchParams(body as Record<string, string>));
    });
    server.on("request", (request, response) => void oauth.#serve(request, response));
    return oauth;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Takes back all that a person agreed to: no refresh token works any more. */
  async revokeAll(): Promise<void> {
    for (const token of this.presented) {
      const { grantId } = (await this.#provider.AccessToken.find(token)) ?? {};
      if (grantId) await this.#provider.RefreshToken.revokeByGrantId(grantId);
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "", this.url).pathname;
    if (path === "/things") return this.#things(request, response);
    if (path.startsWith("/interaction/")) return this.#interact(request, response);
    if (path === "/token" && this.tokenFault) {
      this.tokenRequests.push(new URLSearchParams());
      return answer(response, this.tokenFault.status, this.tokenFault.body);
    }
    await this.#provider.callback()(request, response);
  }

  async #things(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    this.presented.push(token);
    const known =
      (await this.#provider.AccessToken.find(token)) ?? (await this.#provider.ClientCredentials.find(token));
    if (!known || this.refused.has(token)) return answer(response, 401, { error: { message: "who are you?" } });
    answer(response, 200, { data: this.things, next_page: null });
  }

  /** The person who is asked logs in as Ada, and agrees. */
  async #interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await this.#provider.interactionDetails(request, response);
    if (prompt.name === "login") {
      return this.#provider.interactionFinished(request, response, { login: { accountId: "ada" } });
    }
    const grant = new this.#provider.Grant({ accountId: session?.accountId ?? "", clientId: String(params.client_id) });
    grant.addOIDCScope("openid offline_access");
    const consent = { grantId: await grant.save() };
    await this.#provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
  }
}

/** Lives of its tokens, in seconds. */
export const LIVES = { access: 3600, machine: 600 };

function providerAt(url: string, redirectUri: string): Provider {
  return new Provider(url, {
    clients: [
      {
        client_id: "machine",
        client_secret: "machine-s3cret+/%",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: "web",
        client_secret: "web-s3cret",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: [redirectUri],
      },
    ],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    scopes: ["openid", "offline_access", "things"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ["a key for tests"] },
    ttl: { AccessToken: LIVES.access, ClientCredentials: LIVES.machine },
  });
}

function answer(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Follows redirects as a browser with cookies does, up to the first address that begins with `until`; gives that address. */
export async function browse(from: string, until: string): Promise<string> {
  const cookies = new Map<string, string>();
  let at = from;
  while (!at.startsWith(until)) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${response.status} at ${at}: ${await response.text()}`);
    at = new URL(location, at).href;
  }
  return at;
}
