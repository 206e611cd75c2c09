import type { Json } from "../kernel/json.ts";
import type { StoredItem } from "../model/poller.ts";

/** How a listing's records are told apart: which one it is, and what counts as a change of it. */
export interface RecordLens {
  /** Null when the record has no usable key. */
  keyOf(record: Json): string | null;
  /** The canonical JSON of the declared fields; equal prints mean an unchanged item. */
  fingerprintOf(record: Json): string;
}

/** One record of a page beside what was known of it. */
export interface Sighting {
  /**
   * `new`: never seen. `returned`: its removal was noted before. `changed`: another fingerprint. `adopted`: another
   * fingerprint only because the manifest now declares other fields. `same`: as before.
   */
  kind: "new" | "returned" | "changed" | "adopted" | "same";
  key: string;
  record: Json;
  fingerprint: string;
  before: StoredItem | null;
}

export interface PageKeys {
  /** The first record of each key, in the order of the page. */
  records: Map<string, Json>;
  /** Records without a key: they make a sweep incomplete. */
  keyless: number;
}

/** Gives each record its key. A key that comes twice counts once: the first record wins, so that none flaps. */
export function keyPage(records: Json[], lens: RecordLens): PageKeys {
  const byKey = new Map<string, Json>();
  let keyless = 0;
  for (const record of records) {
    const key = lens.keyOf(record);
    if (key === null) keyless++;
    else if (!byKey.has(key)) byKey.set(key, record);
  }
  return { records: byKey, keyless };
}

/**
 * Compares a page with what is stored. `seenBefore` tells which items this sweep met on an earlier page (a page that slid):
 * they are left out.
 */
export function diffPage(
  page: Map<string, Json>,
  stored: ReadonlyMap<string, StoredItem>,
  lens: RecordLens,
  seenBefore: (n: number) => boolean,
): Sighting[] {
  const sightings: Sighting[] = [];
  for (const [key, record] of page) {
    const before = stored.get(key) ?? null;
    if (before !== null && seenBefore(before.n)) continue;
    const fingerprint = lens.fingerprintOf(record);
    sightings.push({ kind: kindOf(before, fingerprint, lens), key, record, fingerprint, before });
  }
  return sightings;
}

function kindOf(before: StoredItem | null, fingerprint: string, lens: RecordLens): Sighting["kind"] {
  if (before === null) return "new";
  if (before.status === "removed") return "returned";
  if (before.fingerprint === fingerprint) return "same";
  // A print that the present fields do not make of the stored record was made with other fields, however long ago that was.
  return before.fingerprint !== lens.fingerprintOf(before.record) ? "adopted" : "changed";
}
