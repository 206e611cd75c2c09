import { Webhook } from "standardwebhooks";
import { messageOf } from "../kernel/errors.ts";
import { type JsonObject, ownMember } from "../kernel/json.ts";
import { invalidRequest } from "./api-error.ts";
import { DEFAULT_WORKSPACE_ID, ORGANIZATION_ID } from "./organization/identity.ts";
import type { Setting } from "./setting.ts";
import { WEBHOOK_FAMILIES } from "./webhook-types.ts";
import { apiSecond } from "./world-clock.ts";

/** The sandbox's way out: sends a POST and gives the status of the answer. */
export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<number>;

/** A webhook that is to be sent. */
export interface WebhookWish {
  url: string;
  /** The endpoint's signing secret, `whsec_…`. */
  secret: string;
  /** `session.status_idled`; a type that the API does not have yet may be tried too, of a kind of thing that it has. */
  type: string;
  /** Of the event, to send it again; a new one unless given. */
  id?: string;
}

/** What was sent, and what came back. */
export interface SentWebhook {
  event: JsonObject;
  status: number;
}

/** The API's own webhooks: thin, signed by Standard Webhooks, sent once each time somebody asks for it. */
export class Webhooks {
  readonly #setting: Setting;
  readonly #post: Post | undefined;

  constructor(setting: Setting, post: Post | undefined) {
    this.#setting = setting;
    this.#post = post;
  }

  /** Throws 400 for what cannot be sent, and when nobody answers. */
  async send({ url, secret, type, id = this.#setting.newId("whe") }: WebhookWish): Promise<SentWebhook> {
    if (!this.#post) throw invalidRequest("This sandbox was given no way to send anything.");
    const at = this.#setting.clock.now();
    const event = { type: "event", id, created_at: apiSecond(at), data: this.#dataOf(type) };
    const body = JSON.stringify(event);
    const headers = this.#signed(secret, id, body);
    try {
      return { event, status: await this.#post(url, headers, body) };
    } catch (thrown) {
      throw invalidRequest(`url: nobody answers there: ${messageOf(thrown)}`);
    }
  }

  #dataOf(type: string): JsonObject {
    const [kind = "", happened = ""] = type.split(".");
    const family = ownMember(WEBHOOK_FAMILIES, kind) as (typeof WEBHOOK_FAMILIES)[string] | undefined;
    if (!family || happened === "") throw invalidRequest(`type: no webhook is of a type like "${type}"`);
    const { further } = family;
    const isFurther = further && (further.events ?? [happened]).includes(happened);
    return {
      type,
      id: this.#setting.newId(family.id),
      organization_id: ORGANIZATION_ID,
      ...(family.ofOrganization ? {} : { workspace_id: DEFAULT_WORKSPACE_ID }),
      ...(isFurther ? { [further.name]: this.#setting.newId(further.id) } : {}),
    };
  }

  /** Signed now, whatever the time is in the sandbox: who receives it goes by the true time. */
  #signed(secret: string, id: string, body: string): Record<string, string> {
    const now = this.#setting.realClock.now();
    try {
      return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(now / 1_000)),
        "webhook-signature": new Webhook(secret).sign(id, new Date(now), body),
      };
    } catch (thrown) {
      throw invalidRequest(`secret: ${messageOf(thrown)}`);
    }
  }
}
