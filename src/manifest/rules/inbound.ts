import { isDeepStrictEqual } from "node:util";
import type { SignatureRule } from "../inbound-rule.ts";
import type { VerificationSource } from "../schema/inbound.ts";
import type { WebhookSource } from "../schema/resource.ts";
import { type Manifest, type Rule, repeated, resourcesOf, type Spot } from "./rule.ts";

/** An event that the provider's own webhooks make, with where it stands. */
interface Inbound {
  index: number;
  n: number;
  webhook: WebhookSource;
  verify: VerificationSource | undefined;
}

/** What comes in must be proved, and at one address there is one way to prove it. */
const VERIFICATION: Rule = {
  id: "inbound-verification",
  severity: "error",
  check: (manifest) => {
    const said = manifest.source.connector.service.inbound?.verify;
    const events = inboundEvents(manifest);
    const [first] = events.filter(({ verify }) => verify !== undefined);
    const inForce = said ?? first?.verify;
    if (inForce === undefined) return events.map(unverified);
    const unlike = events.filter(({ verify }) => verify !== undefined && !isDeepStrictEqual(verify, inForce));
    const at = said || !first ? { resource: null, path: ["service", "inbound", "verify"] } : placeOf(first);
    return [...unlike.map(verifiedOtherwise), ...whatIsSigned(manifest).map((mistake) => ({ ...at, ...mistake }))];
  },
};

/** Of two events that take the same webhook, one would never be told. */
const TAKEN: Rule = {
  id: "duplicate-inbound",
  severity: "error",
  check: (manifest) =>
    repeated(inboundEvents(manifest), takenBy).map((event) => ({
      resource: event.index,
      path: ["webhooks", event.n, "source"],
      message: `Another event takes the provider's "${takenBy(event)}" already.`,
      mend: "Say with `event` which of the provider's events this one is.",
    })),
};

export const INBOUND_RULES: readonly Rule[] = [VERIFICATION, TAKEN];

function inboundEvents(manifest: Manifest): Inbound[] {
  return resourcesOf(manifest).flatMap(({ index, source }) =>
    (source.webhooks ?? []).flatMap((webhook, n) =>
      webhook.source?.type === "inbound" ? [{ index, n, webhook, verify: webhook.source.verify }] : [],
    ),
  );
}

function takenBy({ webhook }: Inbound): string {
  const stated = webhook.source?.type === "inbound" ? webhook.source.event : undefined;
  return stated ?? webhook.event;
}

function placeOf({ index, n }: Inbound): Pick<Spot, "resource" | "path"> {
  return { resource: index, path: ["webhooks", n, "source", "verify"] };
}

function unverified(event: Inbound): Spot {
  return {
    ...placeOf(event),
    message: `Nothing says how "${event.webhook.event}" is verified when it comes in.`,
    mend: 'Say it in `service.inbound.verify`: "standard-webhooks", or an `hmac`.',
  };
}

function verifiedOtherwise(event: Inbound): Spot {
  return {
    ...placeOf(event),
    message: `"${event.webhook.event}" is verified in another way than the rest: all come in at one address.`,
    mend: "Say it once, in `service.inbound.verify`.",
  };
}

/** What a signature must cover, so that nothing it does not cover is believed. */
function whatIsSigned({ connector: { inbound } }: Manifest): Pick<Spot, "message" | "mend">[] {
  if (inbound === null) return [];
  const { signs, timestamp }: SignatureRule = inbound.signature;
  const stray = signs.find((part) => typeof part === "object" && /\{\{|\}\}/.test(part.text));
  const count = (name: string) => signs.filter((part) => part === name).length;
  const hasIdHeader = inbound.id !== null && "header" in inbound.id;
  return [
    [stray !== undefined, "`signs` names something else than `id`, `timestamp` and `body`.", "Use only these three."],
    [count("body") !== 1, "`signs` does not have the body once.", "Put `{{body}}` where it stands in what is signed."],
    [
      count("timestamp") > 0 !== (timestamp !== null),
      "A time that is not signed proves nothing, and one that is signed must come from somewhere.",
      "Give `timestamp` and name it in `signs`, or neither.",
    ],
    [count("id") > 0 && !hasIdHeader, "`signs` names the id, and `id` is no header.", "Say in which header it comes."],
  ].flatMap(([wrong, message, mend]) => (wrong ? [{ message: String(message), mend: String(mend) }] : []));
}
