import { createServer } from "node:net";
import { obey } from "./obey.ts";

/** A subscriber that takes what is sent and never answers. */
const server = createServer((socket) => {
  socket.resume();
  socket.on("error", () => socket.destroy());
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  obey({}, `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`);
});
