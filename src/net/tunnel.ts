import type { LookupAddress } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, isIPv6, type Socket } from "node:net";
import type { buildConnector as Connect } from "undici";
import { messageOf } from "../kernel/errors.ts";
import { isPublic, parseAddress } from "./address.ts";
import { type ConnectorOptions, connectFailure, guardLookup, type Lookup, nameReset } from "./connector.ts";
import { HttpFailure } from "./port.ts";
import { buildConnector } from "./undici.ts";

interface TunnelOptions extends Omit<ConnectorOptions, "lookup"> {
  lookup: Lookup;
  /** The operator's proxy, http or https, with user and password when it wants them. It is not judged. */
  proxy: URL;
}

/**
 * Connects to the public internet by way of a proxy (CONNECT, RFC 9110, 9.3.6), and by `direct` to what is allowed though it
 * is not public. The look-up stays ours: the proxy is given an address that was judged, for a name it might resolve otherwise.
 */
export function createTunnelConnector(direct: Connect.connector, options: TunnelOptions): Connect.connector {
  const { policy, lookup, connectTimeoutMs, proxy } = options;
  const secure = buildConnector({ timeout: connectTimeoutMs, rejectUnauthorized: true });
  const judged = guardLookup(policy, lookup);
  /** Null when the direct way is the right one. */
  const tunnelTo = async ({ hostname, port, protocol }: Connect.Options): Promise<Socket | null> => {
    const addresses = await addressesOf(hostname, judged);
    if (!addresses.every(isOutside)) return null;
    return firstTunnel(proxy, addresses, Number(port) || (protocol === "https:" ? 443 : 80), connectTimeoutMs);
  };
  return (place, callback) => {
    const goOn = (tunnel: Socket | null) => {
      if (tunnel === null) return direct(place, callback);
      tunnel.on("error", nameReset);
      if (place.protocol !== "https:") return callback(null, tunnel);
      secure({ ...place, httpSocket: tunnel }, (error, socket) => {
        if (error !== null) return callback(connectFailure(error, place, true), null);
        callback(null, socket.prependListener("error", nameReset));
      });
    };
    tunnelTo(place).then(goOn, (failure: HttpFailure) => callback(failure, null));
  };
}

/** Every address that a URL's host may mean; rejects with the HttpFailure of a name that may not be called. */
function addressesOf(hostname: string, judged: ReturnType<typeof guardLookup>): Promise<string[]> {
  if (isIP(hostname) !== 0) return Promise.resolve([hostname]);
  return new Promise((resolve, reject) => {
    judged(hostname, { all: true }, (error, answers) => {
      if (error) reject(error);
      else resolve((answers as LookupAddress[]).map(({ address }) => address));
    });
  });
}

function isOutside(text: string): boolean {
  const address = parseAddress(text);
  return address !== null && isPublic(address);
}

/** A tunnel to the first address to which the proxy makes one. */
async function firstTunnel(proxy: URL, addresses: string[], port: number, timeoutMs: number): Promise<Socket> {
  const limit = AbortSignal.timeout(timeoutMs);
  const failures: unknown[] = [];
  for (const address of addresses) {
    try {
      return await openTunnel(proxy, isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`, limit);
    } catch (error) {
      failures.push(error);
    }
  }
  const message = `The proxy ${proxy.host} gave no connection: ${failures.map(messageOf).join("; ")}.`;
  throw new HttpFailure("connect", message, false, failures.at(-1));
}

function openTunnel(proxy: URL, authority: string, limit: AbortSignal): Promise<Socket> {
  const begin = proxy.protocol === "https:" ? httpsRequest : httpRequest;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const headers = {
    host: authority,
    ...(login === ":" ? {} : { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` }),
  };
  return new Promise((resolve, reject) => {
    // No agent: Node's own could be one that heeds the environment's proxies.
    const request = begin({
      method: "CONNECT",
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
      path: authority,
      headers,
      agent: false,
    });
    const giveUp = () => request.destroy(new Error(`${authority} took too long`));
    const settle = () => limit.removeEventListener("abort", giveUp);
    if (limit.aborted) giveUp();
    limit.addEventListener("abort", giveUp, { once: true });
    request.on("error", (error) => {
      settle();
      reject(error);
    });
    request.once("connect", ({ statusCode = 0 }, socket, early) => {
      settle();
      if (early.length > 0) socket.unshift(early);
      if (statusCode >= 200 && statusCode < 300) return resolve(socket as Socket);
      socket.destroy();
      reject(new Error(`it answered ${statusCode} for ${authority}`));
    });
    request.end();
  });
}
