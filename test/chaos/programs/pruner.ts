import { openSqliteStore } from "../../../src/store/sqlite.ts";

/** Removes all events that are older than a moment, in small steps, from the database named first; the moment is in ms. */
const [path = "", before = ""] = process.argv.slice(2);
const store = await openSqliteStore({ path });
let place: Awaited<ReturnType<typeof store.prune>>["next"] | undefined;
while (place !== null) place = (await store.prune(Number(before), 50, place)).next;
await store.close();
