import type { ServerResponse } from "node:http";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import type { Answer, Seen } from "../support/upstream.ts";

interface Person {
  pk: number;
  mail: string;
  given: string;
  family: string;
  enabled: boolean;
  access: number[];
  joined: number;
  touched: string;
}

const JOINED = Date.parse("2026-09-21T14:13:20Z") / 1000;

/**
 * A directory as another vendor might build it: numeric ids, names in two parts, a flag for the status, pages of its own size
 * told by Link headers, lists within an object or not, answers without a body. `test/fixtures/people` describes it.
 */
export class PeopleApi {
  people: Person[] = [];
  groups = new Map<string, { key: string; title: string; closed: boolean; people: Map<number, string> }>();
  levels: Json = [
    { n: 1, label: "Reader", open: true },
    { n: 2, label: "Writer", open: true },
    { n: 3, label: "Founder", open: false },
  ];
  pageSize = 5;

  addPeople(count: number): void {
    for (let n = 1; n <= count; n++)
      this.add({ mail: `p${n}@example.com`, given: `P${n}`, family: "Lee", access: [1] });
  }

  add(person: Partial<Person>): Person {
    const whole: Person = {
      pk: 100 + this.people.length,
      mail: "",
      given: "",
      family: "",
      enabled: true,
      access: [],
      joined: JOINED,
      touched: "2026-09-22T10:00:00.123456Z",
      ...person,
    };
    this.people.push(whole);
    return whole;
  }

  readonly answer: Answer = (response, seen) => {
    const url = new URL(seen.url, "http://people.example");
    const [root = "", id, below, member] = url.pathname.slice(1).split("/").map(decodeURIComponent);
    if (seen.headers.authorization !== "Bearer good")
      return send(response, 401, { error: { message: "who are you?" } });
    if (root === "levels") return send(response, 200, { levels: this.levels });
    if (root === "people") return this.#people(response, seen, url, id);
    return below === undefined ? this.#groups(response, seen) : this.#groupPeople(response, seen, id ?? "", member);
  };

  #people(response: ServerResponse, seen: Seen, url: URL, id: string | undefined): void {
    if (id === undefined) return seen.method === "POST" ? this.#create(response, seen) : this.#page(response, url);
    const person = this.people.find(({ pk }) => String(pk) === id);
    if (person === undefined) return send(response, 404, { error: { message: `nobody is ${id}` } });
    if (seen.method === "GET") return send(response, 200, shown(person));
    if (seen.method === "DELETE") this.people = this.people.filter((one) => one !== person);
    else Object.assign(person, bodyOf(seen));
    send(response, 204, null);
  }

  #create(response: ServerResponse, seen: Seen): void {
    const { mail, person, access } = bodyOf(seen) as { mail: string; person: JsonObject; access?: string[] };
    if (this.people.some((one) => one.mail === mail)) return send(response, 409, { error: { message: "twice" } });
    const { pk } = this.add({ mail, ...(person as Partial<Person>), access: (access ?? []).map(Number) });
    send(response, 201, { pk });
  }

  #page(response: ServerResponse, url: URL): void {
    const { searchParams } = url;
    const page = Number(searchParams.get("page") ?? "1");
    const found = this.people
      .filter((one) => [null, one.mail].includes(searchParams.get("mail")))
      .filter((one) => [null, String(one.enabled)].includes(searchParams.get("enabled")));
    const from = (page - 1) * this.pageSize;
    searchParams.set("page", String(page + 1));
    if (from + this.pageSize < found.length) response.setHeader("link", `<${url.pathname}${url.search}>; rel="next"`);
    send(response, 200, found.slice(from, from + this.pageSize).map(shown));
  }

  #groups(response: ServerResponse, seen: Seen): void {
    if (seen.method === "POST") {
      const key = `g${this.groups.size + 1}`;
      const { title } = bodyOf(seen) as { title: string };
      this.groups.set(key, { key, title, closed: false, people: new Map() });
    }
    const groups = [...this.groups.values()].map(({ people: _, ...group }) => group);
    send(response, 200, seen.method === "POST" ? (groups.at(-1) ?? null) : { groups });
  }

  #groupPeople(response: ServerResponse, seen: Seen, key: string, member: string | undefined): void {
    const people = this.groups.get(key)?.people;
    if (people === undefined) return send(response, 404, { error: { message: `no group ${key}` } });
    const pk = Number(member);
    if (seen.method === "GET")
      return send(response, 200, { people: [...people].map(([person, level]) => ({ person, level })) });
    if (seen.method === "DELETE") return send(response, people.delete(pk) ? 204 : 404, null);
    people.set(pk, (bodyOf(seen) as { level: string }).level);
    send(response, 200, { person: pk, level: people.get(pk) ?? null });
  }
}

function shown({ mail, access, ...person }: Person): JsonObject {
  return { ...person, contact: { mail }, access: access.map((n) => ({ n })) };
}

function bodyOf(seen: Seen): JsonObject {
  return JSON.parse(seen.body.toString("utf8")) as JsonObject;
}

function send(response: ServerResponse, status: number, body: Json): void {
  if (body === null) response.writeHead(status).end();
  else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
