import { z } from "zod";
import { invalidInput } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import { isMany, type Selector } from "../manifest/select.ts";
import { EVENT_MEMBERS } from "../model/event.ts";
import type { Subscription } from "../model/subscription.ts";
import { readWay } from "./way.ts";

type Order = Pick<Subscription, "ordered" | "orderingKey">;

const MOST_STEPS = 10;
/** The event's own id. */
const OWN = "id";
const FIRST = EVENT_MEMBERS.filter((member) => member !== OWN);
const HOW = `write a way into the event that begins with ${FIRST.join(", ")}, such as data.id`;
const OWN_ID = "id is the event's own and no two events share it, so it keeps no order; the record's id is data.id";

const steps = z.array(z.union([z.string().min(1).max(200), z.number().int()]));

/** What a subscription can be told about the order in which its events go out. */
export const ORDER_INPUT = {
  ordered: z.boolean().describe("True = one at a time, in the order in which the events were stored."),
  ordering_key: z
    .union([z.string().max(500).transform(readWay), steps])
    .refine(isOneValue, { error: HOW })
    .refine(([first]) => first !== OWN, { error: OWN_ID })
    .nullable()
    .describe(
      "Keeps the order per value of this member, such as data.id, and lets the others go on; makes it ordered.",
    ),
};

function isOneValue(selector: Selector): boolean {
  const [first] = selector;
  const isKnown = EVENT_MEMBERS.some((member) => member === first);
  return isKnown && selector.length <= MOST_STEPS && !selector.includes("") && !isMany(selector);
}

/** The order after a change: a key asks for an order, and an order that is given up has no key. Throws `invalid_input` for both at once. */
export function orderOf(
  old: Order,
  given: { ordered?: boolean | undefined; ordering_key?: Selector | null | undefined },
): Order {
  const { ordered, ordering_key: key } = given;
  if (key !== undefined && key !== null) {
    if (ordered === false)
      throw invalidInput([{ at: "ordering_key", message: "it needs ordered to be true; leave one of them out" }]);
    return { ordered: true, orderingKey: key };
  }
  const isOrdered = ordered ?? old.ordered;
  return { ordered: isOrdered, orderingKey: isOrdered && key !== null ? old.orderingKey : null };
}

/** A key as people write it: text, unless one of its steps could not be told from others in it. */
export function orderingKeyView(key: Selector | null): Json {
  if (key === null) return null;
  const text = key.join(".");
  return JSON.stringify(readWay(text)) === JSON.stringify(key) ? text : key;
}
