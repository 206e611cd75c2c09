import type { Command } from "../../command.ts";
import type { JsonObject } from "../../kernel/json.ts";
import type { Operation } from "../../manifest/connector.ts";
import { RUN_SCHEMA } from "../../model/run-view.ts";

/** True for what can be run without its caller waiting: operations whose answer is not a stream. */
export function mayWait({ http }: Command, operation: Operation | undefined): boolean {
  if (operation === undefined) return http.asyncAs !== undefined;
  return !["sse", "jsonl", "binary"].includes(operation.response.type);
}

/** The header that asks for it (RFC 7240). */
export const PREFER: JsonObject = {
  name: "Prefer",
  in: "header",
  required: false,
  description: "`respond-async`: answer at once with a job that runs it.",
  schema: { type: "string" },
};

/** What is answered then. */
export const ACCEPTED: JsonObject = {
  description: "The job that runs it, as `Prefer: respond-async` asks.",
  headers: { Location: { description: "Where the job is.", schema: { type: "string", format: "uri" } } },
  content: {
    "application/json": { schema: { type: "object", required: ["result"], properties: { result: RUN_SCHEMA } } },
  },
};
