import { z } from "zod";

/**
 * Imported for its effect, before any schema is made: zod then walks schemas and compiles none to code. Nearly all of them are
 * used once, when the manifest is read, and compiling takes 30 ms of each start. Not for a library: the setting is zod's own
 * and would reach the host's schemas too.
 */
z.config({ jitless: true });
