import { nodeCron } from "../../kernel/when-needed.ts";
import type { Poller, Resource, Schedule } from "../connector.ts";
import { suggestion } from "../nearest.ts";
import { eventSource } from "../normalise/events.ts";
import { findOperation } from "../triggers.ts";
import { type Manifest, type ResourceView, type Rule, repeated, resourcesOf, type Spot } from "./rule.ts";

const UNKNOWN_SOURCE: Rule = {
  id: "event-source",
  severity: "error",
  check: (manifest) =>
    resourcesOf(manifest).flatMap(({ index, source }) =>
      (source.webhooks ?? []).flatMap((webhook, n): Spot[] =>
        eventSource(webhook, source) === null
          ? [
              {
                resource: index,
                path: ["webhooks", n, "event"],
                message: `Nothing tells where "${webhook.event}" comes from: its name does not, and it has no \`source\`.`,
                mend: "Add a `source` of type `poll` (with a list operation), `action` or `inbound`.",
              },
            ]
          : [],
      ),
    ),
};

const DUPLICATE: Rule = {
  id: "duplicate-event",
  severity: "error",
  check: (manifest) => {
    const events = resourcesOf(manifest).flatMap(({ index, source, resource }) =>
      (source.webhooks ?? []).map((webhook, n) => {
        const path = resource.events.find((event) => event.type === webhook.event)?.path ?? webhook.path ?? "";
        return { index, n, type: webhook.event, path };
      }),
    );
    const mend = "Give one of them another.";
    return [
      ...repeated(events, ({ type }) => type).map(({ index, n, type }) => ({
        resource: index,
        path: ["webhooks", n, "event"],
        message: `Two events have the name "${type}".`,
        mend,
      })),
      ...repeated(
        events.filter((event, n) => events.findIndex((e) => e.type === event.type) === n),
        ({ path }) => path,
      ).map(({ index, n, path }) => ({
        resource: index,
        path: ["webhooks", n, "path"],
        message: `Two events have the path "${path}".`,
        mend,
      })),
    ];
  },
};

const PREFIX: Rule = {
  id: "event-prefix",
  severity: "warning",
  check: (manifest) =>
    resourcesOf(manifest).flatMap(({ index, source }) =>
      (source.webhooks ?? []).flatMap((webhook, n): Spot[] => {
        const isTheirs = webhook.source?.type === "inbound"; // named by the provider
        if (isTheirs || webhook.event.startsWith(`${source.handle}.`)) return [];
        return [
          {
            resource: index,
            path: ["webhooks", n, "event"],
            message: `The event "${webhook.event}" is not named after its resource, "${source.handle}".`,
            mend: suggestion(webhook.event, [`${source.handle}.${webhook.event.split(".").pop()}`]),
          },
        ];
      }),
    ),
};

const SCHEDULE: Rule = {
  id: "schedule",
  severity: "error",
  check: (manifest) =>
    pollers(manifest).flatMap(({ index, poller }): Spot[] => {
      if (mayBeKept(poller.schedule)) return [];
      return [
        {
          resource: index,
          path: ["pollers", poller.name, "schedule"],
          message: "This schedule can never be kept.",
          mend: 'Write {"every": "1m"} (a second or more), or a cron expression of five fields and a time zone such as "Europe/Berlin".',
        },
      ];
    }),
};

/** The lists of all parents make no one list with the newest first, and a list above must be one. */
const FOR_EACH: Rule = {
  id: "for-each",
  severity: "error",
  check: (manifest) =>
    pollers(manifest).flatMap(({ index, poller }): Spot[] => {
      if (poller.forEach === null) return [];
      const above = findOperation(manifest.connector, poller.forEach.operation)?.operation;
      const isList = above === undefined || above.response.records !== null;
      if (isList && poller.mode === "snapshot") return [];
      const path = ["pollers", poller.name, ...(isList ? ["mode"] : ["forEach", "operation"])];
      return isList
        ? [{ resource: index, path, message: "Many lists have no head in common.", mend: "Write `snapshot`." }]
        : [{ resource: index, path, message: `"${above?.id}" gives one record.`, mend: "Name a list." }];
    }),
};

/** A removal can be told only where a listing can be complete and an item can be told from another. */
const REMOVAL: Rule = {
  id: "removal-without-proof",
  severity: "warning",
  check: (manifest) =>
    resourcesOf(manifest).flatMap((view) =>
      view.resource.events.flatMap((event): Spot[] => {
        const { source } = event;
        if (source.type !== "poll" || !("change" in source.on) || source.on.change !== "removed") return [];
        const reason = whyUnproved(view, view.resource.pollers[source.poller]);
        const n = (view.source.webhooks ?? []).findIndex((webhook) => webhook.event === event.type);
        return reason === null
          ? []
          : [
              {
                resource: view.index,
                path: ["webhooks", n],
                message: `"${event.type}" cannot be proved: ${reason}.`,
                mend: "Say how the list is paged, what the `key` is, and add a `read` operation.",
              },
            ];
      }),
    ),
};

/** Without its optional credential an operation is not polled; one that is not optional fails instead. */
const ADMIN_POLLER: Rule = {
  id: "poller-needs-optional-credential",
  severity: "warning",
  check: (manifest) =>
    pollers(manifest).flatMap(({ index, poller, resource }): Spot[] => {
      const name = resource.operations[poller.operation]?.auth ?? "default";
      if (name === "default" || manifest.connector.auths[name]?.optional !== false) return [];
      return [
        {
          resource: index,
          path: ["pollers", poller.name],
          message: `This poller needs the credential "${name}", which not every connection has and which is not optional.`,
          mend: `Set \`"optional": true\` in service.auths.${name}.`,
        },
      ];
    }),
};

export const EVENT_RULES: readonly Rule[] = [
  UNKNOWN_SOURCE,
  DUPLICATE,
  SCHEDULE,
  FOR_EACH,
  PREFIX,
  REMOVAL,
  ADMIN_POLLER,
];

function pollers(manifest: Manifest): (ResourceView & { poller: Poller })[] {
  return resourcesOf(manifest).flatMap((view) =>
    Object.values(view.resource.pollers).map((poller) => ({ ...view, poller })),
  );
}

function mayBeKept(schedule: Schedule): boolean {
  const { whileOpenMs, unwatchedMs } = schedule;
  const beats = ["everyMs" in schedule ? schedule.everyMs : null, whileOpenMs, unwatchedMs];
  return beats.every((ms) => ms === null || ms >= 1_000) && (!("cron" in schedule) || isCron(schedule));
}

function isCron({ cron, timezone }: { cron: string; timezone: string }): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    return nodeCron().validate(cron);
  } catch {
    return false;
  }
}

function whyUnproved({ resource, source }: ResourceView, poller: Poller | undefined): string | null {
  if (poller === undefined) return null;
  const pagination = resource.operations[poller.operation]?.pagination;
  if (pagination?.style === "none" && pagination.reason === null)
    return "its list has no pagination, so that no sweep is known to be complete";
  const key = source.pollers?.[poller.name]?.key ?? source.key;
  if (key === undefined && !hasIdField(resource))
    return 'the resource names no `key`, and none of its fields is selected by ["id"]';
  return poller.absent.confirm === null ? "no operation reads one item, to confirm that it is gone" : null;
}

function hasIdField(resource: Resource): boolean {
  return resource.fields.some((field) => field.selector.length === 1 && field.selector[0] === "id");
}
