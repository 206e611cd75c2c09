import type { EngineDeps, OperationCall } from "../../src/engine/call.ts";
import { keyedDigest } from "../../src/kernel/keyed-digest.ts";
import { createLog } from "../../src/kernel/log.ts";
import { Secret } from "../../src/kernel/secret.ts";
import type { Connector } from "../../src/manifest/connector.ts";
import { checkInput } from "../../src/manifest/inputs.ts";
import { normalise } from "../../src/manifest/normalise.ts";
import type { ResourceSource } from "../../src/manifest/schema/resource.ts";
import type { ConnectorSource, ServiceSource } from "../../src/manifest/schema/service.ts";
import { findOperation } from "../../src/manifest/triggers.ts";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { createHttp, type HttpClient } from "../../src/net/http.ts";
import { ManualClock } from "../support/manual-clock.ts";

export type ServicePart = Partial<Omit<ServiceSource, "baseURL">>;

/** A connector as its manifest would say it, with the given resource and parts of the service. */
export function connectorOf(
  resource: Omit<ResourceSource, "handle" | "endpoint"> & Partial<ResourceSource>,
  service: ServicePart = {},
): Connector {
  const connector: ConnectorSource = {
    manifestVersion: 1,
    handle: "shop",
    service: {
      baseURL: { value: "https://api.shop.example/v1" },
      auth: { method: "api_token", name: "x-api-key", fields: [{ name: "apiKey" }] },
      ...service,
    },
  };
  const whole: ResourceSource = { handle: "items", endpoint: { value: "/items" }, ...resource };
  return normalise({
    connector,
    resources: [whole],
    whole: true,
    file: "connector.json",
    at: () => "connector.json:1:1",
  });
}

/** A call of the connector's one resource, to the given base URL. */
export function callOf(
  connector: Connector,
  operation: string,
  baseUrl: string,
  input: Record<string, unknown> = {},
): OperationCall {
  const resource = connector.resources[0]!;
  const found = resource.operations[operation];
  if (!found) throw new Error(`no operation ${operation}`);
  return {
    connector,
    resource,
    operation: found,
    input,
    account: {
      connectionId: "con_1",
      connector: connector.handle,
      name: "default",
      params: { baseUrl },
      credentials: { apiKey: new Secret("sk-secret-1") },
      sandbox: false,
    },
    fields: "selected",
    signal: new AbortController().signal,
  };
}

/** A call of any operation (`files.read`) of a real connector, with checked input, to a sandbox. */
export function sandboxCallOf(
  connector: Connector,
  id: string,
  sandboxUrl: string,
  input: Record<string, unknown> = {},
  params: Record<string, string> = {},
): OperationCall {
  const found = findOperation(connector, id);
  if (!found) throw new Error(`no operation ${id}`);
  return {
    ...found,
    connector,
    input: checkInput(found.operation, input),
    account: {
      connectionId: "con_1",
      connector: connector.handle,
      name: "sandbox",
      params: { ...params, baseUrl: `${sandboxUrl}/v1` },
      credentials: { apiKey: new Secret("sandbox"), adminKey: new Secret("sandbox-admin") },
      sandbox: true,
    },
    fields: "selected",
    signal: new AbortController().signal,
  };
}

export interface Rig {
  deps: EngineDeps;
  clock: ManualClock;
  close(): Promise<void>;
}

/** The engine's outside world: real sockets to loopback, a clock turned by hand, chance that is always nought. */
export function openRig(): Rig {
  const client: HttpClient = createHttp({
    policy: createTargetPolicy({ allowed: ["127.0.0.1"], code: "invalid_upstream" }),
  });
  const clock = new ManualClock();
  const deps: EngineDeps = {
    http: client.http,
    clock,
    random: () => 0,
    log: createLog("silent"),
    tokenFor: noTokens,
    digest: keyedDigest(Buffer.alloc(32, 1)),
  };
  return { deps, clock, close: () => client.close() };
}

/** Waits, without a clock, until what comes by real sockets has come. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const noTokens: EngineDeps["tokenFor"] = () => Promise.reject(new Error("nobody gives tokens here"));
