import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../kernel/errors.ts";
import type { Line } from "./lines.ts";
import type { Answer, Failure, Order } from "./remote-writer.ts";
import { openClient } from "./sqlite-client.ts";
import { isLocked } from "./trouble.ts";
import { Writer } from "./writer.ts";

/** The thread of a `RemoteWriter`: it has a connection of its own to the file that `workerData` names, and writes what it is sent. */
const client = openClient(workerData as string, { fileMustExist: true, timeout: 0 });
const writer = new Writer(client);

parentPort?.on("message", (order: Order | null) => {
  if (order === null) {
    client.close();
    parentPort?.close();
  } else {
    parentPort?.postMessage(answerTo(order));
  }
});
parentPort?.postMessage("ready");

function answerTo({ texts, group }: Order): Answer {
  const plans = group.map((lines) =>
    lines.map(([text, skip, ...params]): Line => ({ sql: texts[text] as string, params, skip })),
  );
  try {
    return writer.write(plans).map((written) => ("error" in written ? { failed: failureOf(written.error) } : written));
  } catch (error) {
    if (isLocked(error)) return "locked";
    throw error;
  }
}

function failureOf(error: unknown): Failure {
  return { message: messageOf(error), code: error instanceof Error && "code" in error ? String(error.code) : null };
}
