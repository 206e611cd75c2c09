import "../as-product.ts";
import { fileURLToPath } from "node:url";
import { ensureConnection } from "../../src/connections/ensure.ts";
import type { Ports } from "../../src/context.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import type { Sweep } from "../../src/model/poller.ts";
import { sweepNow } from "../../src/triggers/sweeps.ts";
import { cpuOf } from "../cpu.ts";
import { openPorts } from "../ports.ts";
import { obey } from "./obey.ts";

/** The product of P1 to P3: the shipped connector, a connection, and the sweeps of its files, one when it is asked for. */
const CONNECTOR = fileURLToPath(new URL("../../connector.json", import.meta.url));

let ports: Ports | null = null;
let poller = "";

async function open({ path, url }: { path: string; url: string }): Promise<void> {
  ports = await openPorts(path, { connectors: [loadConnector(CONNECTOR).connector] });
  await ensureConnection(ports, {
    connector: "claude-api",
    name: "default",
    credentials: { apiKey: "sk-ant-bench" },
    params: { baseUrl: `${url}/v1` },
    owner: "key_root",
  });
  const pollers = await ports.store.pollers.all();
  poller = pollers.find(({ resource }) => resource === "files")?.id ?? "";
}

/** Sweeps so many times; CPU in ms for one of them, the most memory that the process ever held, and what each found. */
async function sweep(times: number): Promise<{ cpuMs: number; peakBytes: number; sweeps: Sweep[] }> {
  if (ports === null) throw new Error("open it first");
  const its = ports;
  const sweeps: Sweep[] = [];
  const cpuMs = await cpuOf(async () => {
    for (let n = 0; n < times; n++) sweeps.push(await sweepNow(its, poller));
  });
  return { cpuMs: cpuMs / times, peakBytes: process.resourceUsage().maxRSS * 1024, sweeps };
}

obey({ open, sweep, close: () => ports?.store.close() });
