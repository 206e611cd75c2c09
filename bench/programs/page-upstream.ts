import { LIMIT, PAGE } from "../file-page.ts";
import { ANSWER_HEADERS } from "../message-call.ts";
import { answerBytes, headerOf, serveBytes } from "../wire.ts";
import { obey } from "./obey.ts";

/** The provider of A4: gives the same page of files for each list, and counts those that ask for all of it. */
const page = answerBytes("200 OK", ANSWER_HEADERS, PAGE);
const unauthorized = answerBytes("401 Unauthorized", ANSWER_HEADERS, "{}");
const ASKED = `GET /v1/files?limit=${LIMIT} `;

let count = 0;

const { url } = await serveBytes((head) => {
  if (headerOf(head, "x-api-key") !== "sk-ant-bench") return unauthorized;
  if (head.startsWith(ASKED)) count++;
  return page;
});

obey(
  {
    /** How many lists were given since the last report. */
    report() {
      const report = { count };
      count = 0;
      return report;
    },
  },
  url,
);
