// The bare limit of C1 and M1: a Node process that listens and does nothing. Plain JavaScript, so that Node strips no types.
import { createServer } from "node:http";

const server = createServer((_request, response) => response.end());
server.listen(0, "127.0.0.1", () => process.stdout.write(`ready at http://127.0.0.1:${server.address().port}\n`));
process.once("SIGTERM", () => process.exit(0));
