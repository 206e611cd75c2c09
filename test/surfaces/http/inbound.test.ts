import { once } from "node:events";
import { request } from "node:http";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";
import { createAuthenticate } from "../../../src/access/authenticate.ts";
import { sealCredentials } from "../../../src/connections/credentials.ts";
import { TidewireError } from "../../../src/kernel/errors.ts";
import { createMeters } from "../../../src/observe/meters.ts";
import type { EventCommit } from "../../../src/store/acts.ts";
import type { Store } from "../../../src/store/contract.ts";
import { listen } from "../../../src/surfaces/http/listen.ts";
import { createHttpApp } from "../../../src/surfaces/http/server.ts";
import { Desk } from "../../delivery/desk.ts";
import { settle } from "../../support/manual-clock.ts";
import { type RawAnswer, raw } from "../../support/raw-request.ts";
import { aConnection } from "../../support/store-rows.ts";

const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const BODY = '{"type":"event","data":{"type":"agent.created","id":"agent_1"}}';

/** The address on a socket; what is committed passes by `commit`. */
async function open(commit: (act: EventCommit, store: Store) => ReturnType<Store["commitEvents"]>) {
  const wrap = (store: Store): Store => ({ ...store, commitEvents: (act) => commit(act, store) });
  const desk = await Desk.open({ wrap });
  const { ports, clock } = desk;
  const meters = createMeters();
  const app = createHttpApp({
    ports,
    authenticate: createAuthenticate(ports, `tw_${"k".repeat(32)}`),
    routes: [],
    catalog: () => [],
    readiness: async () => ({ ready: true }),
    metrics: async () => ({ contentType: "text/plain", text: "" }),
    meters,
  });
  const sealed = sealCredentials(ports.vault, "con_1", { webhookSecret: SECRET });
  await ports.store.connections.create(aConnection("con_1", { name: "work", ...sealed }), []);
  const server = await listen(app.fetch, "127.0.0.1", 0);
  onTestFinished(() => server.close(0));
  const signed = (id: string) => ({
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(clock.now() / 1_000)),
    "webhook-signature": new Webhook(SECRET).sign(id, new Date(clock.now()), BODY),
  });
  const url = `${server.url}/inbound/claude-api/work`;
  return {
    desk,
    clock,
    url,
    signed,
    post: (headers: Record<string, string>) => raw(url, { method: "POST", headers, body: BODY }),
  };
}

/** Resolves when it is so: what happens at the other end of a socket takes some turns of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

const codeOf = ({ body }: RawAnswer) => (JSON.parse(body.toString()) as { code: string }).code;

/** A request whose body has begun and does not end. */
async function begin(url: string, headers: Record<string, string>) {
  const outgoing = request(url, {
    method: "POST",
    headers: { ...headers, "content-length": BODY.length },
    agent: false,
  });
  outgoing.write(BODY.slice(0, 5));
  const answer = once(outgoing, "response") as Promise<[{ statusCode: number; resume(): void }]>;
  await once(outgoing, "socket");
  return { status: answer.then(([{ statusCode }]) => statusCode), finish: () => outgoing.end(BODY.slice(5)) };
}

test("who has no secret causes no write", async () => {
  let commits = 0;
  const { post, signed } = await open((act, store) => {
    commits++;
    return store.commitEvents(act);
  });
  for (const headers of [
    {},
    { ...signed("whe_1"), "webhook-id": "whe_2" },
    { ...signed("whe_1"), "webhook-timestamp": "1" },
  ])
    expect((await post(headers)).status).toBe(401);
  expect(commits).toBe(0);
  expect((await post(signed("whe_1"))).status).toBe(204);
  expect(commits).toBe(1);
});

test("nothing is answered before it is stored, and a disk that is full is no 2xx", async () => {
  const stored = Promise.withResolvers<void>();
  let isFull = false;
  const { post, signed } = await open(async (act, store) => {
    if (isFull) throw new TidewireError("database_full", "full");
    await stored.promise;
    return store.commitEvents(act);
  });
  let isAnswered = false;
  const answer = post(signed("whe_1")).then((came) => {
    isAnswered = true;
    return came;
  });
  await settle();
  expect(isAnswered).toBe(false);
  stored.resolve();
  expect((await answer).status).toBe(204);
  isFull = true;
  const refused = await post(signed("whe_2"));
  expect([refused.status, codeOf(refused)]).toEqual([503, "database_full"]);
});

test("a body that does not come within ten seconds is waited for no longer", async () => {
  const { url, clock, signed } = await open((act, store) => store.commitEvents(act));
  const waiting = clock.pending + 1;
  const slow = await begin(url, signed("whe_1"));
  await until(() => clock.pending === waiting);
  await clock.advance(9_999);
  expect(clock.pending).toBe(waiting);
  await clock.advance(1);
  expect(await slow.status).toBe(408);
});

test("so many bodies are read at once and no more: one that is too many comes again", async () => {
  const { url, clock, post, signed } = await open((act, store) => store.commitEvents(act));
  const waiting = clock.pending + 64;
  const slow = await Promise.all(Array.from({ length: 64 }, (_, n) => begin(url, signed(`whe_${n}`))));
  await until(() => clock.pending === waiting);
  const refused = await post(signed("whe_more"));
  expect([refused.status, codeOf(refused), refused.headers["retry-after"]]).toEqual([503, "unavailable", "1"]);
  for (const one of slow) one.finish();
  expect(new Set(await Promise.all(slow.map(({ status }) => status)))).toEqual(new Set([204]));
  expect((await post(signed("whe_more"))).status).toBe(204);
});
