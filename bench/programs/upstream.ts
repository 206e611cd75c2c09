import { ANSWER, ANSWER_HEADERS } from "../message-call.ts";
import { answerBytes, headerOf, serveBytes } from "../wire.ts";
import { obey } from "./obey.ts";

/** The provider: answers each message with the same one, each listing with an empty one, and counts. */
const message = answerBytes("200 OK", ANSWER_HEADERS, ANSWER);
const emptyList = answerBytes("200 OK", ANSWER_HEADERS, JSON.stringify({ data: [], has_more: false, last_id: null }));
const unauthorized = answerBytes(
  "401 Unauthorized",
  ANSWER_HEADERS,
  JSON.stringify({ error: { type: "authentication_error" } }),
);

let count = 0;
/** A body that came; all must be alike. */
let body: Buffer | null = null;
let alike = true;

const { url } = await serveBytes((head, sent) => {
  if (headerOf(head, "x-api-key") !== "sk-ant-bench") return unauthorized;
  if (!head.startsWith("POST ")) return emptyList;
  count++;
  body ??= Buffer.from(sent);
  alike &&= body.equals(sent);
  return message;
});

obey(
  {
    /** What came since the last report. */
    report() {
      const report = { count, alike, body: body?.toString("utf8") ?? null };
      count = 0;
      body = null;
      alike = true;
      return report;
    },
  },
  url,
);
