import type { Json } from "../kernel/json.ts";
import type { HttpRequest } from "../net/port.ts";

/** A body that can be opened anew for each try. */
export interface BodySource {
  contentType: string;
  /** Bytes of a stream; null for a text, whose length the port knows. */
  length: number | null;
  open(): NonNullable<HttpRequest["body"]>;
  /** What a JSON body or a form says, before it is written. */
  value?: Json;
}
