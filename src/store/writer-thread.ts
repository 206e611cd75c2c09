import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../kernel/errors.ts";
import { type Answer, type Failure, type Order, packedAnswer, plansOf } from "./order.ts";
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

function answerTo(order: Order): Answer {
  try {
    return packedAnswer(writer.write(plansOf(order)), failureOf);
  } catch (error) {
    if (isLocked(error)) return "locked";
    throw error;
  }
}

function failureOf(error: unknown): Failure {
  return { message: messageOf(error), code: error instanceof Error && "code" in error ? String(error.code) : null };
}
