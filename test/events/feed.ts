import type { JsonObject } from "../../src/kernel/json.ts";
import type { Actor } from "../../src/model/actor.ts";
import type { SseEvent, SseHeartbeat } from "../../src/model/reply.ts";
import { ALICE, type Desk } from "../delivery/desk.ts";

type Message = SseEvent | SseHeartbeat;

/** One who reads the stream of events, message by message. */
export class FeedReader {
  readonly #messages: AsyncIterator<Message>;
  /** What `Last-Event-ID` it would send. */
  lastId: string | undefined;

  private constructor(messages: AsyncIterator<Message>) {
    this.#messages = messages;
  }

  static async open(desk: Desk, input: JsonObject = {}, as: Actor = ALICE): Promise<FeedReader> {
    const reply = await desk.ask("events.stream", input, as);
    if (reply.kind !== "feed") throw new Error(`it answers a ${reply.kind}`);
    const reader = new FeedReader(reply.events[Symbol.asyncIterator]());
    await reader.next(); // where it begins
    return reader;
  }

  /** The next message; null at the end. */
  async next(): Promise<Message | null> {
    const { value, done } = await this.#messages.next();
    if (done) return null;
    this.lastId = (value as Message).id;
    return value as Message;
  }

  /** The next messages: the id of each event, `gap`, `heartbeat`, or `end`. */
  async take(count: number): Promise<string[]> {
    const taken: string[] = [];
    while (taken.length < count) taken.push(nameOf(await this.next()));
    return taken;
  }

  async leave(): Promise<void> {
    await this.#messages.return?.();
  }
}

function nameOf(message: Message | null): string {
  if (message === null) return "end";
  if ("heartbeat" in message) return "heartbeat";
  return message.event === "gap" ? "gap" : String((JSON.parse(message.data) as JsonObject).id);
}
