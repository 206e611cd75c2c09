import { createRequire } from "node:module";
import type * as undici from "undici";

/**
 * The parts of undici that are used, without the rest of it (fetch, WebSocket, caches, mocks): whole, it takes 40 ms and
 * 15 MB more at start. They are undici's own files, so its version is pinned.
 */
const load = createRequire(import.meta.url);

export const Agent = load("undici/lib/dispatcher/agent.js") as typeof undici.Agent;
export const Pool = load("undici/lib/dispatcher/pool.js") as typeof undici.Pool;
export const Client = load("undici/lib/dispatcher/client.js") as typeof undici.Client;
export const { HTTPParserError } = load("undici/lib/core/errors.js") as typeof undici.errors;
export const buildConnector = load("undici/lib/core/connect.js") as typeof undici.buildConnector;
/** Where a socket's parser is found. */
export const { kParser } = load("undici/lib/core/symbols.js") as { kParser: symbol };
