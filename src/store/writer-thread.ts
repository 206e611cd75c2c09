import { parentPort, workerData } from "node:worker_threads";
import { type Answer, answerOf, type Order, plansOf } from "./order.ts";
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
    return answerOf(writer.write(plansOf(order)));
  } catch (error) {
    if (isLocked(error)) return "locked";
    throw error;
  }
}
