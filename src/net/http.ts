import { lookup as systemLookup } from "node:dns/promises";
import { messageOf } from "../kernel/errors.ts";
import { remembered } from "../kernel/remembered.ts";
import { type ConnectorOptions, createConnector, type Lookup, sharedLookup } from "./connector.ts";
import { Exchange } from "./exchange.ts";
import { abortFailure } from "./failure.ts";
import { GatedClient, type GatedRequest } from "./gated-client.ts";
import { type Http, HttpFailure } from "./port.ts";
import { outgoingHeaders } from "./request-headers.ts";
import { isStream, readableBody } from "./sent-body.ts";
import { createTunnelConnector } from "./tunnel.ts";
import { Agent, Pool } from "./undici.ts";

export interface HttpOptions extends Pick<ConnectorOptions, "policy"> {
  /** The system's resolver unless given. */
  lookup?: Lookup | undefined;
  /** By which the public internet is reached (http or https); null or none for the direct way. */
  proxy?: URL | null;
  /** For the look-up, the connection and TLS together, in ms; 5 s unless given. */
  connectTimeoutMs?: number;
  /** Connections to one origin; requests beyond it wait. */
  connections?: number;
  /** The largest header block of an answer, in bytes. */
  maxHeaderBytes?: number;
}

/** Another side may ask for less and not for more, or it could have this process hold connections until there are none left. */
const LONGEST_IDLE_MS = 30_000;

/** The guarded way out. */
export interface HttpClient {
  http: Http;
  /** Ends every connection; what is under way fails as `aborted`. */
  close(): Promise<void>;
}

/**
 * The port on undici: HTTP/1.1 with keep-alive to vetted addresses. Redirects are not followed, bodies not inflated, proxies
 * of the environment not used. There is no time-out but that of connecting: a deadline comes with the signal.
 */
export function createHttp(options: HttpOptions): HttpClient {
  const { policy, connectTimeoutMs = 5_000, connections = 256, maxHeaderBytes = 16 * 1024 } = options;
  const way = { policy, lookup: sharedLookup(options.lookup ?? systemLookup), connectTimeoutMs };
  const direct = createConnector(way);
  const connect = options.proxy ? createTunnelConnector(direct, { ...way, proxy: options.proxy }) : direct;
  const perConnection = {
    connect,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveMaxTimeout: LONGEST_IDLE_MS,
    allowH2: false,
  };
  const agent = new Agent({
    factory: (origin) => new Pool(origin, { connections, factory: (place) => new GatedClient(place, perConnection) }),
  });
  const placeOf = placesBy(policy);
  return {
    http(request, signal) {
      if (signal.aborted) return Promise.reject(abortFailure(signal.reason, false));
      const place = placeOf(request.url);
      if (place instanceof HttpFailure) return Promise.reject(place);
      const exchange = new Exchange(signal);
      const call: GatedRequest = {
        ...place,
        method: request.method,
        headers: outgoingHeaders(request),
        body: isStream(request.body) ? readableBody(request.body) : request.body,
        onFlow: exchange.onFlow,
      };
      agent.dispatch(call, exchange);
      return exchange.response;
    },
    async close() {
      await agent.destroy();
    },
  };
}

/** Addresses whose judgement is remembered: a policy is fixed, and most requests go where others went before. */
const MOST_PLACES = 1_000;

interface Place {
  origin: string;
  path: string;
}

/**
 * Says where a URL leads, or why nobody goes there. The policy judges the address; how long its query is (a page token, a
 * hundred ids) is the API's matter.
 */
function placesBy(policy: HttpOptions["policy"]): (url: string) => Place | HttpFailure {
  const judged = remembered(MOST_PLACES, (address) => {
    const target = policy.checkUrl(address);
    return { target, place: { origin: target.origin, path: target.pathname } };
  });
  return (url) => {
    const [address, query] = halves(url);
    try {
      const { target, place } = judged(address);
      return query === null ? place : { origin: place.origin, path: place.path + encoded(target, query) };
    } catch (error) {
      return new HttpFailure("blocked", messageOf(error), false, error);
    }
  };
}

function halves(url: string): [address: string, query: string | null] {
  const at = url.indexOf("?");
  return at < 0 ? [url, null] : [url.slice(0, at), url.slice(at + 1)];
}

/** `?` and the query as a URL carries it; empty when there is none. */
function encoded(address: URL, query: string): string {
  const url = new URL(address);
  url.search = query;
  return url.search;
}
