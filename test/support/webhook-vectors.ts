import { readFileSync } from "node:fs";

/** A signed webhook whose signature is known. */
export interface Vector {
  name: string;
  secret: string;
  "webhook-id": string;
  "webhook-timestamp": string;
  body: string;
  signature: string;
}

/** The vectors of Standard Webhooks, those that were derived from them, and one that two secrets signed. */
export const vectors = JSON.parse(
  readFileSync(new URL("../fixtures/standard-webhooks-vectors.json", import.meta.url), "utf8"),
) as {
  published: Vector[];
  derived: Vector[];
  rotation: Omit<Vector, "secret" | "signature"> & { secrets: string[]; "webhook-signature": string };
};
