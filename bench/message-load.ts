import { type Load, type LoadOptions, load } from "./load.ts";
import { ANSWER, REQUEST } from "./message-call.ts";
import { KEY } from "./product.ts";
import { must } from "./workload.ts";

export const AT_ONCE = 32;
const JSON_TYPE = { "content-type": "application/json" };

/** Another number of calls at once, and whom to tell of each. */
type Ways = Partial<Pick<LoadOptions, "atOnce" | "onAnswer">>;

/** Calls the product's `messages.create` for `ms`, 32 at once unless told, looking at every answer. */
export function callMessages(url: string, ms: number, ways: Ways = {}): Promise<Load> {
  return load({
    url,
    path: "/v1/connectors/claude-api/operations/messages.create",
    headers: { ...JSON_TYPE, authorization: `Bearer ${KEY}` },
    body: REQUEST,
    atOnce: AT_ONCE,
    ms,
    ...ways,
    check: checkReply,
  });
}

/** The product gives the manifest's fields, not the provider's record. */
function checkReply(body: string): void {
  const { result, meta } = JSON.parse(body) as { result: Record<string, unknown>; meta: Record<string, unknown> };
  const sent = JSON.parse(ANSWER) as { id: string; content: { text: string }[]; usage: { output_tokens: number } };
  must(result.id === sent.id && result.content === sent.content[0]?.text, `the product answered ${body}`);
  must(result.usage_output_tokens === sent.usage.output_tokens, `the product answered ${body}`);
  must(meta.connection === "default" && meta.attempts === 1, `the product answered ${body}`);
}

/** What passes a message on gives the provider's answer as it is. */
const PASSED_ON = {
  body: REQUEST,
  atOnce: AT_ONCE,
  check: (body: string) => must(body === ANSWER, `an answer was not the provider's own: ${body}`),
};

/** The same body to the bare forwarder. */
export function callForwarder(url: string, ms: number, ways: Ways = {}): Promise<Load> {
  return load({ ...PASSED_ON, url, path: "/v1/messages", headers: JSON_TYPE, ms, ...ways });
}

/** The same body through the product's proxy. */
export function callProxy(url: string, ms: number): Promise<Load> {
  const path = "/v1/proxy/claude-api/v1/messages";
  return load({ ...PASSED_ON, url, path, headers: { ...JSON_TYPE, "x-api-key": KEY }, ms });
}
