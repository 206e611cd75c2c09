import { z } from "zod";
import { strict } from "./object.ts";
import { duration, headerName as header, selector, variable } from "./parts.ts";

/** Where something stands: a selector into the body, or a header. */
const place = z.union([selector, strict({ header })]);

const hmac = strict({
  header: header.describe("The header that holds the signature."),
  algorithm: z.enum(["sha1", "sha256", "sha512"]),
  encoding: z.enum(["hex", "base64"]).optional().describe("`hex` unless said."),
  prefix: z.string().optional().describe("Stands before a signature: `sha256=`, `v1=`."),
  separator: z.string().min(1).optional().describe("Stands between several signatures; `,` unless said."),
  signs: z
    .string()
    .optional()
    .describe("What is signed: a text with `{{body}}`, `{{timestamp}}` and `{{id}}`; `{{body}}` unless said."),
  timestamp: strict({
    header,
    prefix: z.string().optional().describe("Stands before it where it shares a header: `t=`."),
  })
    .optional()
    .describe("Where the time of signing stands, in seconds since 1970."),
  key: z
    .enum(["text", "base64"])
    .optional()
    .describe(
      "Whether the secret is the key itself (`text`, unless said) or holds it in base64, perhaps after `whsec_`.",
    ),
});

/** How a webhook of the provider is verified. */
export const verification = z.union([z.literal("standard-webhooks"), strict({ hmac })]);

/** How the provider's own webhooks come in. */
export const inbound = strict({
  verify: verification,
  secret: variable.optional().describe("The field that holds the signing secret; `webhookSecret` unless said."),
  tolerance: duration.optional().describe("How far the time of signing may be from now; 5m unless said."),
  id: place
    .optional()
    .describe("What tells an event from another; `webhook-id` of standard-webhooks, else the body itself unless said."),
  type: place.optional().describe('What the provider calls the event; ["type"] unless said.'),
  record: selector.optional().describe("Where in the body the record stands; the whole body unless said."),
});

export type InboundSource = z.infer<typeof inbound>;
export type VerificationSource = z.infer<typeof verification>;
export type PlaceSource = z.infer<typeof place>;
