import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { createSandbox, type Sandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** A body as the API answers it; the members named here are texts wherever a test reads them. */
export interface Body {
  [member: string]: Json;
  id: string;
  last_id: string;
  next_page: string;
  latest_version_id: string;
  data: Body[];
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; throws when it is not. */
  json: Body;
  /** `error.type: error.message` of the envelope. */
  error: string;
}

export interface Caller {
  sandbox: Sandbox;
  clock: ManualClock;
  /** One request in process, with a good key and version unless `headers` say otherwise (null takes one away). */
  call: (
    method: string,
    path: string,
    body?: Json | FormData,
    headers?: Record<string, string | null>,
  ) => Promise<Reply>;
  /** The same to the Admin API, with an Admin key; the path is what follows `/v1/organizations`. */
  admin: Caller["call"];
}

/** A sandbox on a clock that stands still, called in process. */
export function openSandbox(options: Partial<SandboxOptions> = {}): Caller {
  const clock = new ManualClock();
  const sandbox = createSandbox({ clock, ...options });
  const call: Caller["call"] = async (method, path, body, headers = {}) => {
    const sent = new Headers({ "x-api-key": "sk-ant-api03-test", "anthropic-version": "2026-10-21" });
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) sent.delete(name);
      else sent.set(name, value);
    }
    const isForm = body instanceof FormData;
    const payload = body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) };
    const response = await sandbox.app.fetch(
      new Request(`http://claude.test${path}`, { method, headers: sent, ...payload }),
    );
    return reply(response.status, response.headers, await response.text());
  };
  const admin: Caller["call"] = (method, path, body, headers) =>
    call(method, `/v1/organizations${path}`, body, { "x-api-key": "sk-ant-admin01-test", ...headers });
  return { sandbox, clock, call, admin };
}

function reply(status: number, headers: Headers, text: string): Reply {
  return {
    status,
    headers,
    text,
    get json() {
      return JSON.parse(text) as Body;
    },
    get error() {
      const { error } = JSON.parse(text) as { error: { type: string; message: string } };
      return `${error.type}: ${error.message}`;
    },
  };
}

/** A small good messages request. */
export const HELLO = {
  model: "claude-opus-5-5",
  max_tokens: 200,
  messages: [{ role: "user", content: "Hello" }],
} satisfies JsonObject;

/** A request without one of its members. */
export function without(body: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([member]) => member !== name));
}

/** The ids of a listing's page. */
export function idsOf(page: Body): string[] {
  return page.data.map(({ id }) => id);
}

/** A form with one file in it. */
export function fileForm(
  content: string,
  filename: string,
  type = "text/plain",
  fields: Record<string, string> = {},
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new File([content], filename, { type }));
  return form;
}

/** A form with a skill's files, by path. */
export function skillForm(
  files: Record<string, string | Uint8Array<ArrayBuffer>>,
  fields: Record<string, string> = {},
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [path, content] of Object.entries(files)) form.append("files[]", new File([content], path));
  return form;
}

export const SKILL_MD = "---\nname: my-skill\ndescription: Does one thing.\n---\n\n# Do it\n";
