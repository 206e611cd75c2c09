import { beforeEach, describe, expect, it } from "vitest";
import type { IdempotencyRecord } from "../../src/model/idempotency.ts";
import type { Store } from "../../src/store/contract.ts";
import { NOW } from "../support/store-rows.ts";

/** Remembered writes. */
export function idempotencySuite(make: () => Promise<Store>): void {
  const record: IdempotencyRecord = {
    id: "id_1",
    bodyHash: "body",
    state: "running",
    boot: "boot_1",
    sealedAnswer: null,
    createdAt: NOW,
  };
  const DAY = 86_400_000;
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });

  describe("idempotency", () => {
    it("begins once and then gives what is there", async () => {
      expect(await store.idempotency.begin(record, NOW - DAY)).toBeNull();
      const other = { ...record, bodyHash: "other", createdAt: NOW + 1 };
      expect(await store.idempotency.begin(other, NOW + 1 - DAY)).toEqual(record);
      await store.idempotency.finish("id_1", "v1.sealed");
      expect(await store.idempotency.begin(other, NOW + 1 - DAY)).toEqual({
        ...record,
        state: "done",
        sealedAnswer: "v1.sealed",
      });
    });

    it("lets one of two that begin at the same time through", async () => {
      const both = await Promise.all([
        store.idempotency.begin(record, 0),
        store.idempotency.begin({ ...record, boot: "b" }, 0),
      ]);
      expect(both).toEqual([null, record]);
    });

    it("takes an id again that is older than it counts", async () => {
      await store.idempotency.begin(record, 0);
      await store.idempotency.finish("id_1", "v1.sealed");
      const later = { ...record, bodyHash: "other", createdAt: NOW + DAY + 1 };
      expect(await store.idempotency.begin(later, NOW + 1)).toBeNull();
      expect(await store.idempotency.begin(later, NOW + 1)).toEqual(later);
    });

    it("forgets one, and all that are old", async () => {
      await store.idempotency.begin(record, 0);
      await store.idempotency.forget("id_1");
      expect(await store.idempotency.begin(record, 0)).toBeNull();
      await store.idempotency.begin({ ...record, id: "id_2", createdAt: NOW + 5 }, 0);
      expect(await store.idempotency.prune(NOW + 5, 10)).toBe(1);
      expect(await store.idempotency.begin(record, 0)).toBeNull();
      expect(await store.idempotency.begin({ ...record, id: "id_2" }, 0)).toMatchObject({ createdAt: NOW + 5 });
    });
  });
}
