import type { Context } from "../context.ts";
import { compileBodyTemplate } from "../events/body-template.ts";
import { checkPatterns } from "../events/check-patterns.ts";
import { names } from "../events/pattern.ts";
import { invalidInput } from "../kernel/errors.ts";
import { canonicalJson, type JsonObject } from "../kernel/json.ts";
import type { Connection } from "../model/connection.ts";
import type { Subscription } from "../model/subscription.ts";
import { checkFilter } from "./filter.ts";
import { findConnection, typesOf } from "./find.ts";

/** What makes two subscriptions of one owner the same. */
export type Asked = Pick<Subscription, "url" | "events" | "connectionId" | "filter" | "format" | "template">;

/** True when both ask for the same; the order of their events does not count. */
export function isSame(one: Asked, other: Asked): boolean {
  return one.url === other.url && canonicalJson(printOf(one)) === canonicalJson(printOf(other));
}

function printOf({ events, connectionId, filter, format, template }: Asked): JsonObject {
  return { events: events.toSorted(), connectionId, filter, format, template };
}

/** Checks events, connection (by name or id) and filter against each other. Throws `invalid_input` or `not_found`. */
export async function checkEvents(
  context: Context,
  given: { events: readonly string[]; connection: string | null | undefined; filter: JsonObject | null },
): Promise<Pick<Subscription, "events" | "connectionId" | "filter">> {
  const connection = await findConnection(context, given.connection, given.events);
  return { ...checkFit(context, connection, given), connectionId: connection?.id ?? null };
}

/** Checks events and filter against a connection, and against all types where it is null. Throws `invalid_input`. */
export function checkFit(
  context: Context,
  connection: Connection | null,
  { events: patterns, filter }: { events: readonly string[]; filter: JsonObject | null },
): Pick<Subscription, "events" | "filter"> {
  const types = typesOf(context, connection);
  const events = checkPatterns(patterns, types);
  checkFilter(
    filter,
    types.filter((type) => events.some((pattern) => names(pattern, type))),
  );
  return { events, filter };
}

/** Throws `invalid_input` for a template that yields no JSON, and for one beside a format other than standard, whose place it takes. */
export function checkBody<T extends Pick<Subscription, "format" | "template">>(body: T): T {
  const { format, template } = body;
  if (template === null) return body;
  if (format !== "standard") {
    const message = `it takes the place of the format: make that "standard", or leave the template out`;
    throw invalidInput([{ at: "template", message }]);
  }
  compileBodyTemplate(template);
  return body;
}

/** Throws `invalid_input` for an end (ms since the epoch) that has come already. */
export function checkEnd(expiresAt: number | null, now: number): number | null {
  if (expiresAt === null || expiresAt > now) return expiresAt;
  throw invalidInput([{ at: "expires_at", message: "must be in the future" }]);
}
