import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { connectTo, startProduct } from "./product.ts";
import { type Program, startProgram } from "./program.ts";
import type { Server } from "./server.ts";
import type { Plan } from "./workload.ts";

/** The product and the bare forwarder in front of the same provider. */
export interface Sides {
  server: Server;
  forwarder: Program;
  upstream: Program;
  stop(): Promise<void>;
}

/** Starts them; `provider` is the program that answers. */
export async function startSides({ folder }: Pick<Plan, "folder">, provider: string): Promise<Sides> {
  const upstream = await startProgram(provider);
  const [forwarder, server] = await Promise.all([startForwarder(upstream), startConnected(folder, upstream)]);
  const stop = async () => void (await Promise.all([server.stop(), forwarder.stop(), upstream.stop()]));
  return { server, forwarder, upstream, stop };
}

/** The bare forwarder alone. */
export async function startForwarder(upstream: Program): Promise<Program> {
  const forwarder = await startProgram("forwarder");
  await forwarder.ask("forwardTo", upstream.url);
  return forwarder;
}

/** The product alone, on a new database, with a connection to the provider. */
export async function startConnected(folder: string, upstream: Program): Promise<Server> {
  const server = await startProduct(mkdtempSync(join(folder, "product-")));
  await connectTo(server, upstream.url);
  return server;
}
