import { sharedMs } from "../shared-clock.ts";
import { answerBytes, headerOf, serveBytes } from "../wire.ts";
import { obey } from "./obey.ts";

/** A subscriber that answers 204 at once and remembers when each webhook came. */
const noContent = answerBytes("204 No Content", {}, "");

let cameAt: Record<string, number> = {};

const { url } = await serveBytes((head) => {
  cameAt[headerOf(head, "webhook-id") ?? ""] ??= sharedMs();
  return noContent;
});

obey(
  {
    /** When each came since the last report, by the clock that processes share, in ms. */
    report() {
      const report = cameAt;
      cameAt = {};
      return report;
    },
  },
  url,
);
