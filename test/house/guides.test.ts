import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { BUILT_IN } from "../../src/catalog.ts";
import { readConfig } from "../../src/config.ts";
import { formatBody } from "../../src/delivery/request.ts";
import { compileBodyTemplate } from "../../src/events/body-template.ts";
import { parseDuration } from "../../src/kernel/duration.ts";
import { ERROR_CODES } from "../../src/kernel/errors.ts";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { connectorJsonSchema, resourceJsonSchema } from "../../src/manifest/json-schema.ts";
import { RULES } from "../../src/manifest/lint.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { SCOPES } from "../../src/model/actor.ts";
import type { EventBody } from "../../src/model/event.ts";
import { Harness } from "../support/harness.ts";
import { Receiver, verified } from "../support/receiver.ts";
import { json, type Seen, Upstream } from "../support/upstream.ts";

const GUIDES = new URL("../../docs/guides/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, GUIDES), "utf8");
const [http, manifest, receiving] = ["http.md", "manifest.md", "receiving.md"].map(read) as [string, string, string];

/** The part of a guide under a heading of the second level. */
const section = (guide: string, heading: string) => {
  const [, after] = guide.split(`\n## ${heading}\n`);
  if (after === undefined) throw new Error(`there is no section "${heading}"`);
  return after.split("\n## ")[0] as string;
};
/** The cells of the rows of all tables in a text, without their headings. */
const rows = (text: string) =>
  [...text.matchAll(/^\| *(?!-|.*\|--)(.*) *\|$/gm)].map((match) =>
    (match[1] as string).split("|").map((cell) => cell.trim()),
  );
const codes = (text: string) =>
  [...text.replace(/^```[^]*?^```$/gm, "").matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);

describe("the guide to the HTTP API", () => {
  const routesIn = (text: string) =>
    [...text.matchAll(/\b(GET|POST|PATCH|PUT|DELETE|ANY) `(\/[^`]*)`/g)].map(([, method, path]) => `${method} ${path}`);
  const later = routesIn(section(http, "Not there yet"));
  const told = routesIn(http).filter((route) => !later.includes(route));
  const there = BUILT_IN.map(({ http: { method, path } }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  /** Routes that no command is behind. */
  const others = [
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /openapi.json",
    "GET /oauth/callback",
    "POST /inbound/{connector}/{connection}",
    "ANY /v1/proxy/{connector}/{path}",
  ];

  it("names every route that there is, and no other", () => {
    expect(there.filter((route) => !told.includes(route))).toEqual([]);
    expect([...new Set(told)].filter((route) => ![...there, ...others].includes(route))).toEqual([]);
  });

  it("says of no route that is there that it is not", () => {
    const paths = there.map((route) => route.split(" ")[1]);
    expect(later.length).toBeGreaterThan(0);
    expect(
      later.filter(
        (route) => there.includes(route) || (route.startsWith("ANY") && paths.includes(route.split(" ")[1])),
      ),
    ).toEqual([]);
  });

  it("has every error code, with its status", () => {
    const errors = section(http, "Errors");
    const table = new Map(rows(errors).map(([code = "", status]) => [codes(code)[0], Number(status)]));
    for (const [code, [status]] of Object.entries(ERROR_CODES)) {
      if (table.has(code)) expect([code, table.get(code)]).toEqual([code, status]);
      else expect(codes(errors.split("never answered over HTTP")[1] ?? "")).toContain(code);
    }
  });

  it("has every scope", () => {
    const scopes = rows(section(http, "Keys and scopes")).map(([scope = ""]) => codes(scope)[0]);
    expect(scopes).toEqual(expect.arrayContaining([...SCOPES]));
  });
});

describe("the guide to receiving webhooks", () => {
  it("shows a webhook whose signature holds", () => {
    const [, shown = ""] = /```http\n([^]*?)\n```/.exec(receiving) ?? [];
    const [head = "", text = ""] = shown.split("\n\n");
    const headers = Object.fromEntries(
      head
        .split("\n")
        .slice(1)
        .map((line) => line.split(": ") as [string, string]),
    );
    const secret = codes(receiving).find((code) => /^whsec_\w/.test(code)) ?? "";
    const now = Number(headers["webhook-timestamp"]) * 1_000;
    expect(verified({ headers, text }, secret, now)).toEqual(JSON.parse(text));
    expect((JSON.parse(text) as JsonObject).id).toBe(headers["webhook-id"]);
  });

  it("shows each format as it is sent", () => {
    const [first, ...shown] = [...receiving.matchAll(/```(?:http\n[^]*?\n\n|json\n)(\{[^]*?)\n```/g)].map(
      ([, text = ""]) => text,
    );
    const { timestamp, ...event } = JSON.parse(first as string) as EventBody;
    const told = { ...event, timestamp: Date.parse(timestamp), connectionId: "con_1", previous: undefined };
    const bodies = (["thin", "raw", "cloudevents"] as const).map((format) => formatBody(told, format));
    expect(shown.slice(0, 3)).toEqual(bodies);
    const template = compileBodyTemplate(shown[3] as string);
    expect(JSON.parse(template(told, { id: "sub_1", tags: ["eu"] }))).toEqual({
      text: "tides.csv was uploaded to default",
      labels: ["eu"],
    });
  });

  it("has the schedule that is in force when nobody sets another", () => {
    const table = rows(section(receiving, "Retries")).filter(([number = ""]) => /^\d+$/.test(number));
    const inMs = (cell: string) =>
      cell
        .replace("at once", "0 s")
        .split(/ (?=\d)/)
        .reduce((sum, part) => sum + parseDuration(part.replace(" ", "").replace("min", "m")), 0);
    const delays = readConfig({}).TIDEWIRE_RETRY_SCHEDULE;
    expect(table.map(([, after = ""]) => inMs(after))).toEqual(delays);
    expect(table.map(([, , since = ""]) => (since === "0" ? 0 : inMs(since)))).toEqual(
      delays.map((_, n) => delays.slice(0, n + 1).reduce((sum, delay) => sum + delay, 0)),
    );
  });
});

describe("the guide to manifests", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-guide-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const files = [...manifest.matchAll(/^```json ?(\S*)\n([^]*?)^```$/gm)].map(([, name = "", text = ""]) => ({
    name,
    text,
  }));

  /** Writes the examples, each `connector.json` with the files that follow it; gives the paths. */
  const examples = () => {
    let example = 0;
    for (const { name, text } of files) {
      if (name === "connector.json") example++;
      const file = join(folder, String(example), name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return Array.from({ length: example }, (_, n) => join(folder, String(n + 1), "connector.json"));
  };

  it("has examples that load, with nothing amiss", () => {
    expect(files.filter(({ name }) => name === "")).toEqual([]);
    const paths = examples();
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) expect(loadConnector(path).findings).toEqual([]);
  });

  it("has every lint, with its severity, and no other", () => {
    const told = rows(section(manifest, "Lints")).flatMap(([id = "", severity]) =>
      codes(id)[0] ? [[codes(id)[0], severity]] : [],
    );
    expect(told.map(String).sort()).toEqual(RULES.map(({ id, severity }) => String([id, severity])).sort());
  });

  it("names every key that a manifest may have", () => {
    const named = new Set(codes(manifest).flatMap((code) => code.match(/\$?[\w-]+/g) ?? []));
    const keys = [connectorJsonSchema(), resourceJsonSchema()].flatMap(keysOf);
    expect([...new Set(keys)].filter((key) => !named.has(key))).toEqual([]);
  });

  it("tells the story of an API whose changes arrive", async () => {
    const [path = ""] = examples();
    const bookings = [{ id: "bkg_1", ship: { name: "Waverley" }, berth: null as string | null, status: "requested" }];
    const api = await Upstream.start((response, seen) => void answer(bookings, seen)(response, seen));
    const receiver = await Receiver.start();
    const tidewire = await Harness.start({ env: { TIDEWIRE_CONNECTORS: path } });
    const connection = {
      connector: "harbour",
      name: "work",
      credentials: { token: "t" },
      params: { baseUrl: api.url },
    };
    expect(await tidewire.api("POST", "/v1/connections", connection)).toMatchObject({ status: 201 });
    await tidewire.sweep("bookings");
    await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url(), events: ["bookings.*"] });
    Object.assign(bookings[0] as object, { berth: "B7", status: "confirmed" });
    bookings.unshift({ id: "bkg_2", ship: { name: "Balmoral" }, berth: null, status: "requested" });
    await tidewire.sweep("bookings");
    await receiver.arrived(2);
    bookings.pop();
    await tidewire.sweep("bookings");
    await tidewire.sweep("bookings");
    await receiver.arrived(3);
    expect(receiver.received().map(({ body }) => [body.type, (body.data as JsonObject).ship])).toEqual(
      expect.arrayContaining([
        ["bookings.confirmed", "Waverley"],
        ["bookings.created", "Balmoral"],
        ["bookings.deleted", "Waverley"],
      ]),
    );
    const made = await tidewire.api("POST", "/v1/connectors/harbour/operations/bookings.create", { ship: "Kyles" });
    expect(made).toMatchObject({ status: 200, body: { result: { ship: "Kyles", status: "requested" } } });
    expect(JSON.parse(api.last.body.toString())).toEqual({ ship: { name: "Kyles" }, nights: 1 });
    await Promise.all([tidewire.end(), receiver.stop(), api.stop()]);
  });
});

describe("all guides", () => {
  it.each(["cli.md", "directory.md", "http.md", "inbound.md", "manifest.md", "receiving.md"])(
    "%s leads to what is there",
    (name) => {
      const text = read(name);
      const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
        (match[1] as string)
          .toLowerCase()
          .replace(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      );
      for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g)) {
        if (target.startsWith("https://")) continue;
        if (target.startsWith("#")) expect(anchors).toContain(target.slice(1));
        else expect([target, existsSync(fileURLToPath(new URL(target, GUIDES)))]).toEqual([target, true]);
      }
    },
  );
});

/** The harbour's API, as far as the guide uses it. */
function answer(bookings: JsonObject[], { method, url, headers, body }: Seen) {
  if (headers.authorization !== "Bearer t") return json({ error: { type: "unauthorized", message: "no" } }, 401);
  if (method === "POST") {
    const { ship, nights } = JSON.parse(body.toString()) as JsonObject;
    return json({ id: "bkg_9", ship: ship as Json, berth: null, status: "requested", nights: nights as Json }, 201);
  }
  const [, id] = /^\/bookings\/([^?]+)/.exec(url) ?? [];
  if (id === undefined) return json({ bookings, next_page: null });
  const found = bookings.find((booking) => booking.id === id);
  return found ? json(found) : json({ error: { type: "not_found", message: "no such booking" } }, 404);
}

/** The names of all properties that a JSON Schema knows, at any depth. */
function keysOf(schema: Json): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, member]) => {
    const isShape = key === "properties" && typeof member === "object" && member !== null && !Array.isArray(member);
    return [...(isShape ? Object.keys(member as JsonObject) : []), ...keysOf(member)];
  });
}
