import { Webhook } from "standardwebhooks";
import { answerBytes, headerOf, serveBytes } from "../wire.ts";
import { obey } from "./obey.ts";

/** A subscriber: answers 204 at once, remembers every id, and keeps one webhook in 64 whole, to verify it afterwards. */
const noContent = answerBytes("204 No Content", {}, "");
const KEPT_OF = 64;

let ids = new Set<string>();
let count = 0;
let kept: { head: string; body: Buffer }[] = [];

const { url } = await serveBytes((head, body) => {
  if (count++ % KEPT_OF === 0) kept.push({ head, body: Buffer.from(body) });
  ids.add(headerOf(head, "webhook-id") ?? "");
  return noContent;
});

obey(
  {
    /** What came since the last report; throws when a signature does not hold. */
    report(secret: string) {
      const webhook = new Webhook(secret);
      for (const { head, body } of kept) webhook.verify(body.toString("utf8"), signed(head));
      const report = { count, distinct: ids.size, verified: kept.length };
      ids = new Set();
      count = 0;
      kept = [];
      return report;
    },
  },
  url,
);

function signed(head: string): Record<string, string> {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  return Object.fromEntries(names.map((name) => [name, headerOf(head, name) ?? ""]));
}
