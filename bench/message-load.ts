import { type Load, load } from "./load.ts";
import { ANSWER, REQUEST } from "./message-call.ts";
import { KEY } from "./product.ts";
import { must } from "./workload.ts";

export const AT_ONCE = 32;

/** Calls the product's `messages.create` for `ms`, 32 at once, looking at every answer. */
export function callMessages(url: string, ms: number): Promise<Load> {
  return load({
    url,
    path: "/v1/connectors/claude-api/operations/messages.create",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    body: REQUEST,
    atOnce: AT_ONCE,
    ms,
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

/** The same body to the bare forwarder, which gives the provider's answer as it is. */
export function callForwarder(url: string, ms: number): Promise<Load> {
  return load({
    url,
    path: "/v1/messages",
    headers: { "content-type": "application/json" },
    body: REQUEST,
    atOnce: AT_ONCE,
    ms,
    check: (body) => must(body === ANSWER, `the forwarder answered ${body}`),
  });
}
