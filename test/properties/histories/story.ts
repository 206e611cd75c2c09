import type { Shown } from "./api.ts";
import type { Change } from "./collection.ts";
import type { History, Incident, Step } from "./history.ts";
import type { Told } from "./mind.ts";
import type { Edition, Thing } from "./things.ts";

/** What kind of list a history is about: `A list by offset, 2 to a page, …`. */
export function openingOf({ setting, manner, things }: History): string {
  const { paging, mode, polls } = setting;
  const { pageSize, restless, forgiving, noisy } = manner;
  const traits = [
    restless && "tokens never the same",
    forgiving && "cursors that outlive their things",
    noisy && "noise in each answer",
  ].filter((trait) => trait !== false);
  const list = `A list by ${paging}, ${pageSize} to a page${traits.map((trait) => `, ${trait}`).join("")}`;
  return `${list}; ${things} things; swept as ${mode}, gone after ${polls}`;
}

/** One step in words; of a sweep only its beginning. */
export function stepText(step: Step): string {
  switch (step.do) {
    case "change":
      return changeText(step.change);
    case "deed":
      return `a person says: ${step.deed}${step.cut ? ` (its commit: ${step.cut})` : ""}`;
    case "edit":
      return `starts again with ${editionText(step.edition)}`;
    case "kill":
      return "kill -9, and starts again";
    case "wait":
      return `${step.minutes} min go by`;
    case "hide":
      return { no: "the list shows all again", list: "the list is empty", all: "list and reads say there is nothing" }[
        step.what
      ];
    case "resize":
      return `pages hold ${step.pageSize}`;
    case "shuffle":
      return "members come in another order";
    case "sweep":
      return "sweep";
  }
}

export function incidentText(incident: Incident): string {
  switch (incident.does) {
    case "change":
      return incident.changes.map(changeText).join("; ");
    case "fault":
      return `fault: ${incident.fault}`;
    case "deed":
      return `a person says: ${incident.deed}`;
    case "wait":
      return `${incident.minutes} min go by`;
    case "usurp":
      return "another process takes over and sweeps:";
    default:
      return incident.does === "kill" ? "kill -9" : "SIGTERM";
  }
}

/** What an answer said. */
export function shownText(shown: Shown): string {
  if (shown.what === "failure") return "no answer that can be read";
  if (shown.what === "page") {
    const keyless = shown.keyless > 0 ? ` and ${shown.keyless} without a key` : "";
    return `${shown.things.map(thingText).join(", ") || "nothing"}${keyless}${shown.isLast ? ", the end" : ", and more"}`;
  }
  const { thing } = shown;
  return thing === null ? "no answer that can be read" : thing === "not found" ? thing : thingText(thing);
}

/** `things.updated n3 (title): n3/u3 b open, was n3/u3 a open`. */
export function toldText({ type, key, data, previous, changed }: Told): string {
  const fields = changed ? ` (${changed.join()})` : "";
  return `${type} ${key}${fields}: ${thingText(data)}${previous ? `, was ${thingText(previous)}` : ""}`;
}

export function thingText({ id, uid, title, state, expires_at, views }: Partial<Thing>): string {
  const more = `${expires_at ? ` until ${expires_at}` : ""}${views ? ` ${views} views` : ""}`;
  return `${id ?? "?"}/${uid ?? "?"} ${title ?? "?"} ${state ?? "?"}${more}`;
}

function changeText(change: Change): string {
  const { id } = change;
  if (change.do === "make") return `${id} is made, at the ${change.where}`;
  if (change.do === "move") return `${id} moves to the ${change.where}`;
  if (change.do === "name") return `${id} is named ${change.title}`;
  if (change.do === "expire") return `${id} expires in ${change.minutes} min`;
  return `${id} ${WORDS[change.do]}`;
}

const WORDS = {
  drop: "is deleted",
  remake: "is deleted and made again",
  turn: "goes from open to done, or back",
  view: "is viewed",
};

function editionText({ key, compared, ready }: Edition): string {
  return `the key ${key}, compared by ${compared.join()}, ${ready ? "with" : "without"} things.ready`;
}
