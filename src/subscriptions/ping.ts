import type { Context } from "../context.ts";
import { openEndpoint } from "../delivery/endpoint.ts";
import { formatBody } from "../delivery/request.ts";
import { sendOnce } from "../delivery/send.ts";
import type { Told } from "../events/body.ts";
import { NO_CONNECTION } from "../events/fan-out.ts";
import { OPERATIONAL_CONNECTOR } from "../events/operational.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { Subscription } from "../model/subscription.ts";

/**
 * Sends a signed `tidewire.ping` to the URL of a subscription, as it is to be, in its format but never by its template. Throws
 * `verification_failed`, with how the try went, unless it is answered with 2xx in time. Nothing is stored.
 */
export async function pingEndpoint({ ports, signal }: Context, subscription: Subscription): Promise<void> {
  const { clock, newId, vault, targets } = ports;
  const event: Told = {
    id: newId("evt"),
    type: "tidewire.ping",
    timestamp: clock.now(),
    connector: OPERATIONAL_CONNECTOR,
    connectionId: NO_CONNECTION,
    connection: "",
    resource: "subscription",
    data: { subscription: subscription.id },
    previous: undefined,
  };
  const endpoint = openEndpoint(subscription, vault);
  const write = () => formatBody(event, subscription.format);
  const outcome = await sendOnce({ http: targets, clock }, endpoint, { event, number: 1, signal, write });
  if (outcome.class === "ok") return;
  const message = `the ping was not answered with 2xx: ${outcome.error}`;
  throw new TidewireError("verification_failed", `url: ${message.replace(/\.$/, "")}. Nothing was stored.`, {
    errors: [{ at: "url", message, code: outcome.class }],
  });
}
