import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { startProgram } from "./program.ts";
import type { Plan } from "./workload.ts";

export const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

/** A folder whose database has so many deliveries pending, of a hundred subscriptions, to URLs below `url`. */
export async function pileUp({ folder }: Pick<Plan, "folder">, pending: number, url: string): Promise<string> {
  const place = mkdtempSync(join(folder, "pile-"));
  const piler = await startProgram("piler");
  await piler.ask("pile", { path: join(place, "tidewire.db"), url, secret: SECRET, pending });
  await piler.stop();
  return place;
}
