import type { Column, SQL } from "drizzle-orm";
import type { PageRequest } from "../../kernel/page.ts";
import type { DeliveryFilter, EndedFilter } from "../delivery-store.ts";
import { and, eq, gte, inArray, lt, or, sql } from "../drizzle.ts";
import type { Tables } from "../tables.ts";
import { timeCursor } from "./paging.ts";

/** Those of a subscription that came to one of some ends. */
export function ended(deliveries: Tables["deliveries"], page: EndedFilter & Partial<PageRequest>): SQL | undefined {
  const after = timeCursor(page);
  const { statuses, types, since, until } = page;
  return and(
    eq(deliveries.subscriptionId, page.subscriptionId),
    after === null ? undefined : sql`(${deliveries.createdAt}, ${deliveries.n}) > (${after.createdAt}, ${after.n})`,
    inArray(deliveries.status, [...statuses]),
    // Said in the words of the partial index, which is else not used.
    statuses.includes("delivered") ? undefined : sql`${deliveries.status} NOT IN ('pending', 'delivered')`,
    types === null ? undefined : or(...types.map((pattern) => matching(deliveries.eventType, pattern))),
    since === null ? undefined : gte(deliveries.createdAt, since),
    lt(deliveries.createdAt, until),
  );
}

/** `matchesPattern` as a condition. */
function matching(type: Column, pattern: string): SQL {
  if (pattern === "*") return sql`${type} NOT GLOB 'tidewire.*'`;
  return pattern.endsWith(".*") ? sql`${type} GLOB ${pattern}` : sql`${type} = ${pattern}`;
}

/** Those that a listing shows, of one type if it is given: several are an index range each. */
export function listed(
  deliveries: Tables["deliveries"],
  page: Omit<DeliveryFilter, "types"> & Partial<PageRequest>,
  type?: string,
): SQL | undefined {
  const before = timeCursor(page);
  return and(
    before === null ? undefined : sql`(${deliveries.createdAt}, ${deliveries.n}) < (${before.createdAt}, ${before.n})`,
    page.status === undefined ? undefined : eq(deliveries.status, page.status),
    // Said in the words of the partial index, which is else not used.
    page.status === undefined || page.status === "delivered" ? undefined : sql`${deliveries.status} <> 'delivered'`,
    page.subscriptionId === undefined ? undefined : eq(deliveries.subscriptionId, page.subscriptionId),
    page.owner === null ? undefined : eq(deliveries.owner, page.owner),
    page.eventId === undefined ? undefined : eq(deliveries.eventId, page.eventId),
    type === undefined ? undefined : eq(deliveries.eventType, type),
    page.since === undefined ? undefined : gte(deliveries.createdAt, page.since),
    page.until === undefined ? undefined : lt(deliveries.createdAt, page.until),
  );
}
