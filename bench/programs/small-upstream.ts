import { ANSWER_HEADERS } from "../message-call.ts";
import { listPage } from "../small-lists.ts";
import { answerBytes, serveBytes } from "../wire.ts";
import { obey } from "./obey.ts";

/** The provider of P4: the same small list for everybody, and a count of who asked. */
const page = answerBytes("200 OK", ANSWER_HEADERS, listPage());
let asked = 0;

const { url } = await serveBytes(() => {
  asked++;
  return page;
});

obey(
  {
    /** What was asked since the last report. */
    report() {
      const report = { asked };
      asked = 0;
      return report;
    },
  },
  url,
);
