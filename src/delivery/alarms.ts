import { audienceOf } from "../events/audience.ts";
import { isOperational, operationalEvent } from "../events/operational.ts";
import type { PublishPorts } from "../events/publish.ts";
import { planTold } from "../events/publish.ts";
import { isoTime } from "../kernel/clock.ts";
import type { Delivery } from "../model/delivery.ts";
import type { NewEvent } from "../model/event.ts";
import type { Subscription } from "../model/subscription.ts";
import type { ToldEvent } from "../store/acts.ts";
import type { Settlement, Signal } from "./settle.ts";

/** A try that people must hear about. */
export interface Alarm {
  subscription: Subscription;
  delivery: Delivery;
  settlement: Settlement;
  /** What went wrong, in words. */
  error: string | null;
}

/** Operational events by what they are about. */
interface Alarms {
  ofSubscription: ToldEvent[];
  ofDelivery: ToldEvent[];
}

/** Of a try that people need not hear about. */
export const NO_ALARMS: Alarms = { ofSubscription: [], ofDelivery: [] };

/** Plans the operational events of a try's signals, for everybody who may know but the endpoint that fails. */
export async function planAlarms(ports: PublishPorts, alarm: Alarm): Promise<Alarms> {
  const plan = (signals: Signal[]) => {
    const events = signals.map((signal) => eventOf(ports, signal, alarm));
    return planTold(ports, events, (all) => audienceOf(alarm.subscription, all));
  };
  const { signals } = alarm.settlement;
  // An endpoint that cannot take an alarm must not raise another for it, or two such would alarm each other for ever.
  const exhausted = isOperational(alarm.delivery.eventType) ? [] : signals.filter(({ kind }) => kind === "exhausted");
  const ofSubscription = await plan(signals.filter(({ kind }) => kind !== "exhausted"));
  return { ofSubscription, ofDelivery: await plan(exhausted) };
}

function eventOf(ports: PublishPorts, signal: Signal, { subscription, delivery, settlement, error }: Alarm): NewEvent {
  if (signal.kind === "exhausted") {
    const { attempts } = settlement.delivery;
    const data = {
      delivery: delivery.id,
      subscription: subscription.id,
      event: delivery.eventId,
      event_type: delivery.eventType,
      attempts,
      error,
    };
    return operationalEvent(ports, "tidewire.delivery.exhausted", data, { key: `${delivery.id}:${attempts}` });
  }
  const { failingSince, consecutiveFailures } = signal;
  const run = `${subscription.id}:${failingSince}`;
  const data = {
    subscription: subscription.id,
    failing_since: isoTime(failingSince),
    consecutive_failures: consecutiveFailures,
    error,
  };
  return signal.kind === "failing"
    ? operationalEvent(
        ports,
        "tidewire.subscription.failing",
        { ...data, percent: signal.percent },
        { key: `${run}:${signal.percent}` },
      )
    : operationalEvent(ports, "tidewire.subscription.disabled", { ...data, reason: signal.reason }, { key: run });
}
