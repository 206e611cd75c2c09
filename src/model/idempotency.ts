/** A remembered write. `running` rows of an earlier boot have an unknown outcome. */
export interface IdempotencyRecord {
  /** (key id, method, path, Idempotency-Key), hashed. */
  id: string;
  bodyHash: string;
  state: "running" | "done";
  /** Boot id of the process that runs it. */
  boot: string;
  /** The sealed answer, once done. */
  sealedAnswer: string | null;
  createdAt: number;
}
