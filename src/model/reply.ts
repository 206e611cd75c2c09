import type { Json } from "../kernel/json.ts";

/** What an answer tells about the upstream call behind it. */
export interface CallMeta {
  connection?: string;
  /** Present and true when the sandbox answered. */
  sandbox?: true;
  upstream?: { status: number; request_id: string | null; headers: Record<string, string> };
  attempts?: number;
}

export interface SseEvent {
  event: string | null;
  data: string;
  id?: string;
}

/** A sign of life between the events of a feed: how far it is, and no event. */
export interface SseHeartbeat {
  heartbeat: true;
  id: string;
}

/** What running a Command yields; each surface prints it in its own way. */
export type Reply =
  | { kind: "value"; value: Json; meta?: CallMeta; headers?: Record<string, string>; status?: 202 }
  | { kind: "list"; value: Json[]; nextCursor: string | null; meta?: CallMeta }
  | { kind: "stream"; events: AsyncIterable<SseEvent>; meta?: CallMeta }
  | { kind: "feed"; events: AsyncIterable<SseEvent | SseHeartbeat>; meta?: CallMeta }
  | { kind: "rows"; rows: AsyncIterable<Json>; meta?: CallMeta }
  | {
      kind: "bytes";
      body: AsyncIterable<Uint8Array>;
      contentType: string;
      /** Bytes, when the provider said. */
      length: number | null;
      filename: string | null;
      meta?: CallMeta;
    };
