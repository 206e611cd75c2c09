import { fixture } from "./fixture.ts";

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
export const vectors = fixture("standard-webhooks-vectors") as {
  published: Vector[];
  derived: Vector[];
  rotation: Omit<Vector, "secret" | "signature"> & { secrets: string[]; "webhook-signature": string };
};
