import { isMainThread } from "node:worker_threads";

// Loaded before a server (`node --import`): its standard input ends when the process that started it does, however that ends.
if (isMainThread) process.stdin.resume().on("end", () => process.exit());
