import { composeMessage } from "./answer.ts";
import { readJson } from "./body.ts";
import { type Answer, type Call, type Endpoint, json } from "./endpoint.ts";
import type { Message } from "./message.ts";
import { parseMessageRequest } from "./message-request.ts";
import { messageEvents, sseRecords } from "./message-stream.ts";
import { textStream } from "./text-stream.ts";
import { requestTokens } from "./tokens.ts";
import type { World } from "./world.ts";

const BODY_CAP_BYTES = 32_000_000;

/** POST /v1/messages */
export function createMessage(world: World): Endpoint {
  return async (call) => {
    world.limits.admit();
    const request = parseMessageRequest(await readJson(call.request, BODY_CAP_BYTES), call.version, world, "create");
    const message = composeMessage(request, world.newId("msg"), () => world.newId("toolu"));
    world.organization.usage.record(request.model, message.usage);
    const headers = world.limits.spend(message.usage.input_tokens, message.usage.output_tokens);
    return request.stream ? streamed(message, call, world, headers) : json(message, headers);
  };
}

function streamed(message: Message, call: Call, world: World, headers: Record<string, string>): Answer {
  const records = sseRecords(messageEvents(message), call, world.realClock);
  return {
    contentType: "text/event-stream; charset=utf-8",
    body: textStream(records),
    headers: { ...headers, "cache-control": "no-cache" },
  };
}

/** POST /v1/messages/count_tokens: exactly `{input_tokens}`. */
export function countTokens(world: World): Endpoint {
  return async ({ request, version }) => {
    const { body } = parseMessageRequest(await readJson(request, BODY_CAP_BYTES), version, world, "count");
    return json({ input_tokens: requestTokens(body) });
  };
}
